"""Binary mode: attributes in the headers of Kafka (`ce_id`) or HTTP (`ce-id`), the data alone in the value."""

import json

import pytest

from backbone.contract.codec import CONTENT_TYPE, decode, encode_binary
from tests.unit.contract_messages import VISIT, message, refused, sent


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


def test_binary_mode_writes_the_headers_of_the_kafka_binding() -> None:
    headers, value = encode_binary(decode(sent(sequence=3, undated=True)))
    assert dict(headers)["content-type"] == b"application/json"
    assert dict(headers)["ce_time"] == b"2017-12-05T20:00:00+08:00"
    assert (dict(headers)["ce_sequence"], dict(headers)["ce_undated"]) == (b"3", b"true")
    assert json.loads(value)["visit_id"] == "v-1"
