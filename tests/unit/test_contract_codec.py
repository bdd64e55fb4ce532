"""The codec: an envelope or a refusal that says why, whatever comes in."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backbone.contract.activities import VisitLogged
from backbone.contract.codec import (
    Rejected,
    check_record,
    check_time,
    decode,
    encode,
)
from backbone.contract.envelope import Envelope, seal
from tests.unit.contract_messages import DEAL, GONE, refused, sent

NOON = datetime(2017, 12, 5, 12, tzinfo=UTC)


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
