"""The envelope: always in agreement with its data, and moments without a doubt."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from backbone.contract.alerts import AlertRaised
from backbone.contract.complaints import SatisfactionRated
from backbone.contract.customers import CustomerGraded
from backbone.contract.directory import TargetSet
from backbone.contract.envelope import Envelope, seal
from backbone.contract.fields import read_day, read_moment

NOON = datetime(2017, 12, 5, 12, tzinfo=UTC)
GRADED = CustomerGraded(customer_id="c-1", owner_id="m-1", from_grade="B", to_grade="A")


def test_subject_key_type_and_schema_come_from_the_data() -> None:
    envelope = seal(GRADED, source="/services/customers", time=NOON)
    assert (envelope.subject, envelope.partitionkey) == ("c-1", "c-1")
    assert (envelope.type, envelope.dataschema) == ("customer-graded", "urn:drumbeat:customer-graded:1")
    assert (envelope.specversion, envelope.datacontenttype) == ("1.0", "application/json")


def test_each_sealed_event_has_its_own_id_unless_one_is_given() -> None:
    one, other = (seal(GRADED, source="/services/customers", time=NOON) for _ in range(2))
    assert one.id != other.id
    assert seal(GRADED, source="/services/customers", time=NOON, event_id=one.id) == one


@pytest.mark.parametrize(
    "attributes",
    [
        {"subject": "c-2"},
        {"partitionkey": "c-2"},
        {"type": "customer-created"},
        {"dataschema": "urn:drumbeat:customer-graded:2"},
    ],
)
def test_an_envelope_that_contradicts_its_data_cannot_be_built(attributes: dict[str, Any]) -> None:
    sealed = seal(GRADED, source="/services/customers", time=NOON)
    values = {name: getattr(sealed, name) for name in Envelope.model_fields}
    with pytest.raises(ValidationError):
        Envelope(**values | attributes)


def test_neither_an_envelope_nor_its_data_can_be_changed() -> None:
    sealed = seal(GRADED, source="/services/customers", time=NOON)
    with pytest.raises(ValidationError):
        sealed.subject = "c-2"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        GRADED.to_grade = "C"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("data", "key", "subject"),
    [
        (SatisfactionRated(survey_id="s", owner_id="m", complaint_id="k", score=5), "k", "s"),
        (SatisfactionRated(survey_id="s", owner_id="m", visit_id="v", score=1), "v", "s"),
        (TargetSet(target_id="g", member_id="m", team_id="t", metric="visits", period="2017-W49", value=20), "m", "g"),
        (TargetSet(target_id="g", team_id="t", metric="visits", period="all", value=20), "t", "g"),
        (AlertRaised(alert_id="a|k|w", kind="a", level="w", subject="k", owner_id=None, effective_at=NOON), "k", "k"),
    ],
)
def test_an_event_is_keyed_by_what_its_topic_says(data: Any, key: str, subject: str) -> None:
    sealed = seal(data, source="/services/test", time=NOON)
    assert (sealed.partitionkey, sealed.subject) == (key, subject)


def test_a_time_without_an_offset_cannot_be_sealed() -> None:
    with pytest.raises(ValidationError, match="needs an offset"):
        seal(GRADED, source="/services/customers", time=NOON.replace(tzinfo=None))


@pytest.mark.parametrize("period", ["all", "2017", "2017-Q4", "2017-12", "2017-W49", "2017-12-05"])
def test_a_target_is_for_any_period_of_the_boards(period: str) -> None:
    assert TargetSet(target_id="g", team_id="t", metric="visits", period=period, value=1).period == period


@pytest.mark.parametrize("period", ["", "17", "2017-Q5", "2017-13", "2017-W54", "2017-12-32", "2017-Q4-01", "today"])
def test_a_target_is_for_nothing_else(period: str) -> None:
    with pytest.raises(ValidationError):
        TargetSet(target_id="g", team_id="t", metric="visits", period=period, value=1)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2017-12-05T20:00:00+08:00", NOON),
        ("2017-12-05t12:00:00z", NOON),
        ("2017-12-05T12:00:00-00:00", NOON),
        ("2017-12-05T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        ("2017-12-05T12:00:00.5Z", NOON + timedelta(microseconds=500_000)),
    ],
)
def test_a_moment_is_read_by_rfc_3339(text: str, moment: datetime) -> None:
    assert read_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2017-12-05 12:00:00Z", "2017-12-05T12:00Z", "20171205T120000Z", "2017-W49-2T12:00:00Z",
        "2017-12-05T12:00:00+0800", "2017-12-05T24:00:00Z", "2017-12-05T12:00:60Z", "2017-12-05T12:00:00.Z",
        "２０１７-12-05T12:00:00Z", "2017-12-05T12:00:00Z\n", "2017-12-05T12:00:00+24:00", "2200-01-01T00:00:00Z",
        "", "now",
    ],
)  # fmt: skip
def test_what_is_almost_a_moment_is_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        read_moment(text)


@settings(deadline=None)
@given(st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=st.timezones()))  # noqa: DTZ001 - zone is given
def test_a_moment_keeps_its_instant_and_leaves_its_named_zone_behind(at: datetime) -> None:
    read = read_moment(at)
    assert read.timestamp() == at.timestamp()
    assert isinstance(read.tzinfo, timezone)
    assert read_moment(read.isoformat()) == read


def test_both_hours_of_a_clock_set_back_are_told_apart() -> None:
    first = datetime(2017, 10, 29, 2, 30, tzinfo=ZoneInfo("Europe/Rome"))
    assert read_moment(first.replace(fold=1)) - read_moment(first) == timedelta(hours=1)


def test_a_day_is_a_date_and_no_moment() -> None:
    assert read_day("2017-12-05") == read_day(date(2017, 12, 5)) == date(2017, 12, 5)
    for wrong in ("2017-12-5", "20171205", "2017-02-29", "1969-12-31", "2200-01-01", NOON, 20171205, None):
        with pytest.raises(PydanticCustomError):
            read_day(wrong)
