"""The codec: an envelope or a refusal that says why, whatever comes in."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbone.contract.activities import VisitLogged
from backbone.contract.codec import (
    CONTENT_TYPE,
    LIMIT_BYTES,
    Rejected,
    check_record,
    check_time,
    decode,
    encode,
    encode_binary,
    split_array,
)
from backbone.contract.envelope import Envelope, seal

NOON = datetime(2017, 12, 5, 12, tzinfo=UTC)
VISIT = {
    "visit_id": "v-1",
    "member_id": "m-1",
    "owner_id": "m-1",
    "customer_id": "c-1",
    "started_at": "2017-12-05T19:00:00+08:00",
}
DEAL = {"deal_id": "d-1", "owner_id": "a", "pipeline": "crm", "stage": "s", "amount": 1, "currency": "CNY"}
GONE = object()


def message(fields: dict[str, Any] | None = None, /, **attributes: Any) -> dict[str, Any]:
    whole = {
        "specversion": "1.0",
        "id": "0160247c-b200-7bb5-9108-6a60a529c248",
        "source": "urn:phone:app",
        "type": "visit-logged",
        "time": "2017-12-05T20:00:00+08:00",
        "data": {name: value for name, value in (VISIT | (fields or {})).items() if value is not GONE},
        **attributes,
    }
    return {name: value for name, value in whole.items() if value is not GONE}


def sent(fields: dict[str, Any] | None = None, /, **attributes: Any) -> bytes:
    return json.dumps(message(fields, **attributes)).encode()


def refused(value: bytes, headers: list[tuple[str, bytes | None]] | None = None) -> tuple[str, str | None]:
    with pytest.raises(Rejected) as refusal:
        decode(value, headers or ())
    assert refusal.value.detail.endswith(".")
    return refusal.value.reason, refusal.value.field


def visit(**attributes: Any) -> Envelope:
    data = VisitLogged(visit_id="v-1", member_id="m-1", owner_id="m-1", customer_id="c-1", started_at=NOON)
    return seal(data, source="/services/activities", time=NOON, **attributes)


def test_what_follows_from_the_data_is_filled_in() -> None:
    envelope = decode(sent())
    assert (envelope.subject, envelope.partitionkey) == ("v-1", "m-1")
    assert envelope.dataschema == "urn:drumbeat:visit-logged:1"
    assert envelope.data == VisitLogged(
        visit_id="v-1", member_id="m-1", owner_id="m-1", customer_id="c-1", started_at=NOON - timedelta(hours=1)
    )


def test_an_id_is_written_in_lower_case() -> None:
    assert decode(sent(id="0160247C-B200-7BB5-9108-6A60A529C248")).id == "0160247c-b200-7bb5-9108-6a60a529c248"


def test_null_around_the_data_is_the_same_as_absent() -> None:
    assert decode(sent(subject=None, sequence=None, actor=None)) == decode(sent())


def test_an_undated_event_takes_the_moment_it_was_received() -> None:
    envelope = decode(sent(time=GONE, undated=True), received_at=NOON)
    assert (envelope.time, envelope.recordedtime, envelope.undated) == (NOON, NOON, True)


def test_the_moment_of_receipt_does_not_replace_one_that_is_there() -> None:
    assert decode(sent(recordedtime="2017-12-05T11:00:00Z"), received_at=NOON).recordedtime == NOON - timedelta(hours=1)


def test_a_door_stamps_its_own_moment_over_what_a_sender_wrote() -> None:
    assert decode(sent(recordedtime="2017-12-05T11:00:00Z")).recorded(NOON).recordedtime == NOON


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xef\xbb\xbf{}", "broken-text"),
        (b'{"id": "\xff"}', "broken-text"),
        (b"\x00\x01\x02", "broken-json"),
        (b'{"id": ', "broken-json"),
        (b"{} {}", "broken-json"),
        (b"{'id': 1}", "broken-json"),
        (b'{"id": NaN}', "broken-json"),
        (b'{"id": -Infinity}', "broken-json"),
        (b'{"id": "tab\there"}', "broken-json"),
        (b'{"id": 1, "id": 1}', "duplicate-field"),
        (b'{"data": {"a": {"b": 1, "b": 2}}}', "duplicate-field"),
        (b'{"\\u0069d": 1, "id": 1}', "duplicate-field"),
        (b'{"id": "\\ud800"}', "broken-text"),
        (b'{"\\udfff": 1}', "broken-text"),
        (b'{"id": ' + b"9" * 21 + b"}", "bad-value"),
        (b'{"id": ' + b"9" * 5000 + b"}", "bad-value"),
        (b"[" * 60_000, "too-deep"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too-deep"),
        (b"[]", "not-an-object"),
        (b"[{}]", "not-an-object"),
        (b"null", "not-an-object"),
        (b'"visit-logged"', "not-an-object"),
        (b"17", "not-an-object"),
        (b" " * (LIMIT_BYTES + 1), "too-large"),
        (b"\xff" * (LIMIT_BYTES + 1), "too-large"),
        (b'"event-rejected"' + b" " * 3_000_000, "too-large"),
    ],
)
def test_bytes_that_are_no_event_are_refused_with_the_reason(value: bytes, why: str) -> None:
    assert refused(value)[0] == why


def test_brackets_inside_text_are_not_nesting() -> None:
    assert decode(sent(actor="[{" * 40)).actor == "[{" * 40


@pytest.mark.parametrize(
    ("attributes", "why", "field"),
    [
        ({"type": GONE}, "missing-field", "/type"),
        ({"type": "visit-dreamt"}, "unknown-type", "/type"),
        ({"type": 5}, "wrong-type", "/type"),
        ({"type": ["visit-logged"]}, "wrong-type", "/type"),
        ({"specversion": GONE}, "missing-field", "/specversion"),
        ({"specversion": "0.3"}, "bad-envelope", "/specversion"),
        ({"id": GONE}, "missing-field", "/id"),
        ({"id": "42"}, "bad-envelope", "/id"),
        ({"id": "{0160247c-b200-7bb5-9108-6a60a529c248}"}, "bad-envelope", "/id"),
        ({"id": 42}, "wrong-type", "/id"),
        ({"source": ""}, "bad-envelope", "/source"),
        ({"source": "not a uri"}, "bad-envelope", "/source"),
        ({"source": "urn:" + "x" * 253}, "bad-envelope", "/source"),
        ({"time": GONE}, "missing-field", "/time"),
        ({"time": "2017-12-05T20:00:00"}, "bad-envelope", "/time"),
        ({"time": "2017-12-05"}, "bad-envelope", "/time"),
        ({"time": "1512475200"}, "bad-envelope", "/time"),
        ({"time": "2017-02-29T00:00:00Z"}, "bad-envelope", "/time"),
        ({"time": "1969-12-31T23:59:59Z"}, "bad-envelope", "/time"),
        ({"time": "9999-12-31T23:59:59-14:00"}, "bad-envelope", "/time"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "bad-envelope", "/time"),
        ({"time": 1512475200}, "wrong-type", "/time"),
        ({"subject": "v-2"}, "wrong-subject", "/subject"),
        ({"partitionkey": "m-2"}, "wrong-key", "/partitionkey"),
        ({"sequence": "1"}, "wrong-type", "/sequence"),
        ({"sequence": True}, "wrong-type", "/sequence"),
        ({"sequence": -1}, "bad-envelope", "/sequence"),
        ({"undated": 1}, "wrong-type", "/undated"),
        ({"imported": "a tag"}, "bad-envelope", "/imported"),
        ({"traceparent": "00-abc"}, "bad-envelope", "/traceparent"),
        ({"datacontenttype": "text/xml"}, "bad-envelope", "/datacontenttype"),
        ({"data_base64": "e30="}, "bad-envelope", "/data_base64"),
        ({"dataschema": "urn:drumbeat:visit-logged:2"}, "unknown-version", "/dataschema"),
        ({"dataschema": "urn:drumbeat:visit-logged:0"}, "bad-envelope", "/dataschema"),
        ({"dataschema": "urn:drumbeat:deal-won:1"}, "bad-envelope", "/dataschema"),
        ({"dataschema": 1}, "wrong-type", "/dataschema"),
        ({"mood": "good"}, "unknown-field", "/mood"),
        ({"data": GONE}, "missing-field", "/data"),
        ({"data": []}, "wrong-type", "/data"),
    ],
)
def test_a_wrong_attribute_is_named(attributes: dict[str, Any], why: str, field: str) -> None:
    assert refused(sent(**attributes)) == (why, field)


@pytest.mark.parametrize(
    ("data", "why", "field"),
    [
        ({"visit_id": GONE}, "missing-field", "/data/visit_id"),
        ({"visit_id": 5}, "wrong-type", "/data/visit_id"),
        ({"visit_id": ""}, "bad-value", "/data/visit_id"),
        ({"visit_id": "v" * 129}, "bad-value", "/data/visit_id"),
        ({"visit_id": "two words"}, "bad-value", "/data/visit_id"),
        ({"visit_id": "a|b"}, "bad-value", "/data/visit_id"),
        ({"owner_id": GONE}, "missing-field", "/data/owner_id"),
        ({"mood": "good"}, "unknown-field", "/data/mood"),
        ({"a/b~c": 1}, "unknown-field", "/data/a~1b~0c"),
        ({"place": {"lat": "31", "lon": 121}}, "wrong-type", "/data/place/lat"),
        ({"place": {"lat": True, "lon": 121}}, "wrong-type", "/data/place/lat"),
        ({"place": {"lat": 91, "lon": 121}}, "bad-value", "/data/place/lat"),
        ({"place": {"lat": 31}}, "missing-field", "/data/place/lon"),
        ({"place": [31, 121]}, "wrong-type", "/data/place"),
        ({"place_check": {"result": "maybe"}}, "bad-value", "/data/place_check/result"),
        ({"ended_at": "2017-12-05T18:59:59+08:00"}, "bad-value", "/data/ended_at"),
        ({"customer_id": GONE}, "bad-value", "/data/customer_id"),
        ({"next_step_on": "2017-12-32"}, "bad-value", "/data/next_step_on"),
        ({"next_step_on": "2017-12-05T00:00:00Z"}, "bad-value", "/data/next_step_on"),
        ({"next_step_on": 20171205}, "wrong-type", "/data/next_step_on"),
        ({"outcome": "a.b"}, "bad-value", "/data/outcome"),
    ],
)
def test_a_wrong_field_is_named(data: dict[str, Any], why: str, field: str) -> None:
    assert refused(sent(data)) == (why, field)


@pytest.mark.parametrize(
    ("shares", "field"),
    [
        ([{"member_id": "a", "share": 0.5}], "/data/credits"),
        ([{"member_id": "a", "share": 0.5}, {"member_id": "a", "share": 0.5}], "/data/credits"),
        ([{"member_id": "a", "share": 1.5}], "/data/credits/0/share"),
        ([{"member_id": "a", "share": 0.5}, {"member_id": "b", "share": 0}], "/data/credits/1/share"),
    ],
)
def test_credits_must_add_up_to_one_deal(shares: list[dict[str, Any]], field: str) -> None:
    assert refused(sent(type="deal-won", data=DEAL | {"credits": shares})) == ("bad-value", field)


def test_three_equal_shares_add_up() -> None:
    shares = [{"member_id": name, "share": 1 / 3} for name in "abc"]
    assert decode(sent(type="deal-won", data=DEAL | {"credits": shares})).subject == "d-1"


def test_a_consumer_reads_past_fields_younger_than_itself() -> None:
    younger = sent({"mood": "good", "place": {"lat": 31, "lon": 121, "floor": 3}}, weather="rain")
    older = sent({"place": {"lat": 31, "lon": 121}})
    assert decode(younger, unknown_fields="ignore") == decode(older)


def test_an_event_just_within_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    value = sent()
    padding = b" " * (LIMIT_BYTES - len(value))
    assert decode(value + padding).subject == "v-1"
    assert refused(value + padding + b" ")[0] == "too-large"


def test_a_large_event_cannot_pass_for_a_dead_letter() -> None:
    value = sent(actor="event-rejected")
    assert refused(value + b" " * LIMIT_BYTES)[0] == "too-large"


def binary(headers: dict[str, bytes | None] | None = None, prefix: str = "ce_") -> list[tuple[str, bytes | None]]:
    attributes = {name: value for name, value in message().items() if name != "data"}
    return [
        *((prefix + name, str(value).encode()) for name, value in attributes.items()),
        ("content-type", b"application/json; charset=utf-8"),
        *(headers or {}).items(),
    ]


DATA = json.dumps(VISIT).encode()


@pytest.mark.parametrize("prefix", ["ce_", "ce-", "CE_", "Ce-"])
def test_headers_and_data_apart_are_the_same_event(prefix: str) -> None:
    headers = binary({prefix + "sequence": b"7", prefix + "undated": b"true"}, prefix)
    assert decode(DATA, headers) == decode(sent(sequence=7, undated=True))


def test_a_header_of_http_is_percent_encoded_and_one_of_kafka_is_not() -> None:
    assert decode(DATA, binary({"ce-actor": b"%E7%8E%8B"}, "ce-")).actor == "王"
    assert decode(DATA, binary({"ce_actor": b"%E7%8E%8B"})).actor == "%E7%8E%8B"


def test_a_structured_record_stays_structured_though_headers_are_there() -> None:
    headers = [("content-type", CONTENT_TYPE.encode()), ("ce_type", b"deal-won"), ("ce_id", b"nonsense")]
    assert decode(sent(), headers) == decode(sent())


def test_headers_of_others_change_nothing() -> None:
    assert decode(sent(), [("x-trace", b"\xff"), ("x-trace", None)]) == decode(sent())


@pytest.mark.parametrize(
    ("headers", "why", "field"),
    [
        ({"ce_id": b"again"}, "duplicate-field", "/id"),
        ({"CE_ID": b"again"}, "duplicate-field", "/id"),
        ({"ce_actor": b"\xff"}, "broken-text", None),
        ({"ce_sequence": b"seven"}, "wrong-type", "/sequence"),
        ({"ce_sequence": "٧".encode()}, "wrong-type", "/sequence"),
        ({"ce_undated": b"yes"}, "wrong-type", "/undated"),
        ({"ce_mood": b"good"}, "unknown-field", "/mood"),
        ({"ce_": b"nameless"}, "unknown-field", "/"),
        ({"ce_data": b"{}"}, "unknown-field", "/data"),
    ],
)
def test_a_wrong_header_is_named(headers: dict[str, bytes | None], why: str, field: str | None) -> None:
    assert refused(DATA, binary(headers)) == (why, field)


def test_a_header_without_a_value_is_absent() -> None:
    assert decode(DATA, binary({"ce_actor": None})).actor is None


@pytest.mark.parametrize("content_type", [b"application/cloudevents-batch+json", b"application/cloudevents+avro"])
def test_batches_and_other_formats_are_refused(content_type: bytes) -> None:
    assert refused(sent(), [("Content-Type", content_type)])[0] == "bad-envelope"


def test_a_record_with_attributes_but_no_data_is_refused_as_empty() -> None:
    assert refused(b"", binary())[0] == "empty"


@settings(deadline=None)
@given(
    st.binary(max_size=200), st.lists(st.tuples(st.text(max_size=12), st.none() | st.binary(max_size=40)), max_size=4)
)
def test_any_bytes_give_an_event_or_a_refusal(value: bytes, headers: list[tuple[str, bytes | None]]) -> None:
    _event_or_refusal(value, headers)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_an_event_with_some_bytes_changed_gives_an_event_or_a_refusal(draw: st.DataObject) -> None:
    value = bytearray(sent({"place": {"lat": 31.2, "lon": 121.4}}, sequence=4, actor="王"))
    for place in draw.draw(st.lists(st.integers(0, len(value) - 1), min_size=1, max_size=3)):
        value[place] = draw.draw(st.integers(0, 255))
    _event_or_refusal(bytes(value), [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(
    st.sampled_from(sorted({*message(), "sequence", "undated", "dataschema"})),
    JSON,
    st.sampled_from(sorted(VISIT)),
    JSON,
)
@settings(max_examples=300, deadline=None)
def test_any_json_in_any_place_gives_an_event_or_a_refusal(attribute: str, value: Any, field: str, other: Any) -> None:
    _event_or_refusal(sent(**{attribute: value}), [])
    _event_or_refusal(sent({field: other}), [])


def _event_or_refusal(value: bytes, headers: list[tuple[str, bytes | None]]) -> None:
    for unknown_fields in ("reject", "ignore"):
        try:
            envelope = decode(value, headers, unknown_fields=unknown_fields)
        except Rejected:
            continue
        assert decode(encode(envelope)) == envelope


@pytest.mark.parametrize("ahead", [timedelta(days=-4000), timedelta(0), timedelta(minutes=5)])
def test_an_event_of_the_past_or_the_next_five_minutes_is_taken(ahead: timedelta) -> None:
    check_time(visit(), NOON - ahead)


def test_an_event_further_in_the_future_is_refused() -> None:
    with pytest.raises(Rejected, match="future-time at /time"):
        check_time(visit(), NOON - timedelta(minutes=5, microseconds=1))


def test_a_record_belongs_on_its_topic_under_its_key() -> None:
    check_record(visit(), topic="activities", key=b"m-1")
    with pytest.raises(Rejected, match="wrong-topic"):
        check_record(visit(), topic="deals", key=b"m-1")
    for key in (None, b"", b"m-2"):
        with pytest.raises(Rejected, match="wrong-key"):
            check_record(visit(), topic="activities", key=key)


def test_a_field_at_its_default_is_not_written() -> None:
    assert json.loads(encode(visit(event_id="0160247c-b200-7bb5-9108-6a60a529c248"))) == {
        "specversion": "1.0",
        "id": "0160247c-b200-7bb5-9108-6a60a529c248",
        "source": "/services/activities",
        "type": "visit-logged",
        "subject": "v-1",
        "time": "2017-12-05T12:00:00Z",
        "partitionkey": "m-1",
        "dataschema": "urn:drumbeat:visit-logged:1",
        "data": {
            "owner_id": "m-1",
            "member_id": "m-1",
            "visit_id": "v-1",
            "customer_id": "c-1",
            "started_at": "2017-12-05T12:00:00Z",
        },
    }


def test_binary_mode_writes_the_headers_of_the_kafka_binding() -> None:
    headers, value = encode_binary(visit(sequence=3, undated=True))
    assert dict(headers)["content-type"] == b"application/json"
    assert dict(headers)["ce_time"] == b"2017-12-05T12:00:00Z"
    assert (dict(headers)["ce_sequence"], dict(headers)["ce_undated"]) == (b"3", b"true")
    assert json.loads(value)["visit_id"] == "v-1"


def test_a_batch_is_split_so_that_each_event_stands_for_itself() -> None:
    good, broken = sent(), b'{"id": 1, "id": 2}'
    elements = split_array(b" [" + good + b",\n" + broken + b", 7, [1,2] ] ")
    assert decode(elements[0]) == decode(good)
    assert [refused(element)[0] for element in elements[1:]] == ["duplicate-field", "not-an-object", "not-an-object"]


@settings(deadline=None)
@given(st.lists(JSON, max_size=5), st.sampled_from([None, 2]))
def test_splitting_a_batch_gives_the_elements(elements: list[Any], indent: int | None) -> None:
    split = split_array(json.dumps(elements, indent=indent).encode())
    assert [repr(json.loads(element)) for element in split] == [repr(element) for element in elements]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"", "empty"),
        (b"{}", "not-an-array"),
        (b"[", "broken-json"),
        (b"[{}", "broken-json"),
        (b"[{}] {}", "broken-json"),
        (b'["{}, {}]', "broken-json"),
        (b"[}", "broken-json"),
    ],
)
def test_a_batch_that_is_no_array_is_refused_whole(value: bytes, why: str) -> None:
    with pytest.raises(Rejected) as refusal:
        split_array(value)
    assert refusal.value.reason == why


@settings(deadline=None)
@given(st.binary(max_size=60).map(lambda tail: b"[" + tail))
def test_any_bytes_as_a_batch_give_texts_or_a_refusal(value: bytes) -> None:
    try:
        elements = split_array(value)
    except Rejected:
        return
    assert all(isinstance(element, bytes) for element in elements)
