from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.calendar import ALL_TIME, KINDS, local_day, parse_period, period_of

DAYS = st.dates(date(1970, 1, 1), date(2199, 12, 31))
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2017", date(2017, 1, 1), date(2017, 12, 31)),
        ("2017-Q4", date(2017, 10, 1), date(2017, 12, 31)),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29)),
        ("2017-W49", date(2017, 12, 4), date(2017, 12, 10)),
        ("2020-W53", date(2020, 12, 28), date(2021, 1, 3)),
        ("2017-12-05", date(2017, 12, 5), date(2017, 12, 5)),
    ],
)
def test_a_written_period_is_a_run_of_whole_days(text: str, first: date, last: date) -> None:
    period = parse_period(text)

    assert (period.first, period.last, period.key) == (first, last, text)


@pytest.mark.parametrize(
    "text", ["", "2017-13", "2017-W54", "2019-W53", "2017-02-29", "2017-Q5", "17", "2017-1", "ALL"]
)
def test_a_text_that_names_no_period_is_refused_with_what_would(text: str) -> None:
    with pytest.raises(ValueError, match="2017-W49"):
        parse_period(text)


@given(DAYS, st.sampled_from(KINDS))
def test_every_day_lies_in_its_period_and_the_key_reads_back(day: date, kind: str) -> None:
    period = period_of(day, kind)  # type: ignore[arg-type]  # hypothesis knows no literals

    assert period.holds(day)
    assert parse_period(period.key) == period


@given(DAYS, st.sampled_from([kind for kind in KINDS if kind != "all"]))
def test_periods_of_a_kind_follow_each_other_without_gap_or_overlap(day: date, kind: str) -> None:
    period = period_of(day, kind)  # type: ignore[arg-type]  # hypothesis knows no literals
    following = period_of(period.last + timedelta(days=1), kind)  # type: ignore[arg-type]

    assert following.first == period.last + timedelta(days=1)
    assert not following.holds(period.last)


def test_the_day_turns_at_the_organisations_midnight_not_at_utc() -> None:
    before = datetime(2017, 12, 4, 15, 59, 59, tzinfo=UTC)

    assert local_day(before, SHANGHAI) == date(2017, 12, 4)
    assert local_day(before + timedelta(seconds=1), SHANGHAI) == date(2017, 12, 5)


def test_all_time_holds_every_day() -> None:
    assert ALL_TIME.holds(date(1970, 1, 1))
    assert ALL_TIME.holds(date(2199, 12, 31))
