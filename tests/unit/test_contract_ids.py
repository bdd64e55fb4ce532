"""Event ids: version 7 UUIDs that carry their moment."""

import itertools
import re
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbone.contract.ids import derived_event_id, new_event_id

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone is given


def test_new_ids_are_version_7_in_canonical_text_and_differ() -> None:
    ids = [new_event_id() for _ in range(1000)]
    assert len(set(ids)) == len(ids)
    for text in ids:
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", text)


def test_new_ids_sort_by_the_moment_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(1_512_475_200_000_000_000, 250)
    monkeypatch.setattr(time, "time_ns", lambda: next(clock))
    made = [new_event_id() for _ in range(8000)]
    assert made == sorted(made)


def test_a_new_id_carries_the_present() -> None:
    before = time.time_ns() // 1_000_000
    milliseconds = uuid.UUID(new_event_id()).int >> 80
    assert before <= milliseconds <= time.time_ns() // 1_000_000


@settings(deadline=None)
@given(st.text(), st.text(), MOMENTS)
def test_a_derived_id_is_version_7_carries_its_moment_and_comes_out_the_same(
    source: str, key: str, at: datetime
) -> None:
    text = derived_event_id(source, key, at)
    parsed = uuid.UUID(text)
    assert text == str(parsed) == derived_event_id(source, key, at.astimezone())
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@settings(deadline=None)
@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()), MOMENTS)
def test_other_parts_give_another_id(one: tuple[str, str], other: tuple[str, str], at: datetime) -> None:
    assert (derived_event_id(*one, at) == derived_event_id(*other, at)) == (one == other)


def test_the_border_between_source_and_key_matters() -> None:
    at = datetime(2017, 12, 5, tzinfo=UTC)
    assert derived_event_id("ab", "c", at) != derived_event_id("a", "bc", at)


def test_a_derived_id_stays_what_it_was_when_it_was_first_written_down() -> None:
    at = datetime(2017, 12, 5, 9, 30, tzinfo=UTC)
    assert derived_event_id("urn:crm", "opportunity-1C1I7A6R", at) == "01602602-b5c0-7334-90ec-2489ac2243b0"


@pytest.mark.parametrize(
    "at",
    [datetime(2017, 12, 5), datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)],  # noqa: DTZ001 - that is the point
)
def test_a_moment_without_an_offset_or_before_1970_is_refused(at: datetime) -> None:
    with pytest.raises(ValueError, match="at "):
        derived_event_id("urn:crm", "1", at)
