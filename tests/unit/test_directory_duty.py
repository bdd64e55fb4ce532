from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.directory import DutyChanged
from backbone.problems import Refused
from services.directory.domain.duty import DaysOff, Duty, Shift, set_shifts, take_back, take_off

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
MORNING = Shift(weekday=1, begins=9 * 60, ends=12 * 60)
AFTERNOON = Shift(weekday=1, begins=13 * 60 + 30, ends=18 * 60)
NIGHT = Shift(weekday=5, begins=22 * 60, ends=6 * 60)
DUTY = Duty(member_id="li", time_zone="Asia/Shanghai", shifts=(MORNING, AFTERNOON, NIGHT))
TODAY = date(2026, 3, 2)
NEW_YEAR = DaysOff(first_on=date(2026, 3, 2), last_on=date(2026, 3, 6), reason="holiday")


def monday(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-02T{clock}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("at", "works"),
    [
        (monday("08:59"), False),
        (monday("09:00"), True),
        (monday("11:59"), True),
        (monday("12:00"), False),
        (monday("13:30"), True),
        (monday("18:00"), False),
        (monday("10:00") + timedelta(days=1), False),
        (monday("22:00") + timedelta(days=4), True),
        (monday("05:59") + timedelta(days=5), True),
        (monday("06:00") + timedelta(days=5), False),
    ],
)
def test_he_is_at_work_within_an_interval_of_his_week(at: datetime, works: bool) -> None:
    assert DUTY.at_work(at.astimezone(UTC)) is works


def test_without_shifts_any_hour_is_worked() -> None:
    assert replace(DUTY, shifts=()).at_work(monday("03:00"))


@pytest.mark.parametrize("shifts", [(MORNING, AFTERNOON), ()])
def test_a_day_off_takes_the_whole_day(shifts: tuple[Shift, ...]) -> None:
    assert not replace(DUTY, shifts=shifts, days_off=(NEW_YEAR,)).at_work(monday("10:00"))


def test_a_day_off_takes_the_night_that_begins_on_it_and_not_the_one_before() -> None:
    duty = replace(DUTY, days_off=(DaysOff(first_on=date(2026, 3, 7), last_on=date(2026, 3, 7)),))
    saturday = monday("02:00") + timedelta(days=5)

    assert duty.at_work(saturday)
    friday_off = replace(DUTY, days_off=(DaysOff(first_on=date(2026, 3, 6), last_on=date(2026, 3, 6)),))
    assert not friday_off.at_work(saturday)


@pytest.mark.parametrize("day", ["2026-03-28", "2026-03-30"])
def test_a_shift_begins_at_the_same_time_of_day_after_the_clocks_change(day: str) -> None:
    at = datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=BERLIN)
    weekday = at.isoweekday()
    duty = Duty(member_id="li", time_zone="Europe/Berlin", shifts=(Shift(weekday=weekday, begins=540, ends=600),))

    assert duty.at_work(at.astimezone(UTC))
    assert not duty.at_work(at.astimezone(UTC) - timedelta(minutes=1))


def test_the_week_is_set_in_its_order_and_told_once() -> None:
    bare = Duty(member_id="li", time_zone="UTC")

    state, events = set_shifts(bare, "Asia/Shanghai", [NIGHT, AFTERNOON, MORNING])

    assert state == DUTY
    assert events == [DutyChanged(member_id="li", what="shifts")]
    assert set_shifts(state, "Asia/Shanghai", [NIGHT, MORNING, AFTERNOON]) == (DUTY, [])


@pytest.mark.parametrize(
    "shifts",
    [
        pytest.param([MORNING, Shift(weekday=1, begins=11 * 60, ends=13 * 60)], id="on one day"),
        pytest.param([NIGHT, Shift(weekday=6, begins=5 * 60, ends=8 * 60)], id="after midnight"),
        pytest.param(
            [Shift(weekday=7, begins=22 * 60, ends=6 * 60), Shift(weekday=1, begins=300, ends=400)],
            id="from Sunday to Monday",
        ),
        pytest.param([MORNING, MORNING], id="twice the same"),
    ],
)
def test_intervals_that_overlap_are_refused(shifts: list[Shift]) -> None:
    with pytest.raises(Refused) as refused:
        set_shifts(DUTY, "Asia/Shanghai", shifts)

    assert refused.value.code == "shifts-overlap"


def test_days_off_are_taken_and_taken_back() -> None:
    told = DutyChanged(member_id="li", what="days-off", first_on=NEW_YEAR.first_on, last_on=NEW_YEAR.last_on)

    off, events = take_off(DUTY, NEW_YEAR, TODAY)
    back, events_back = take_back(off, NEW_YEAR.first_on)

    assert (off.days_off, events) == ((NEW_YEAR,), [told])
    assert (back, events_back) == (DUTY, [told])


def test_days_off_that_are_long_over_are_forgotten() -> None:
    old = DaysOff(first_on=date(2020, 1, 1), last_on=date(2020, 1, 2))

    off, _ = take_off(replace(DUTY, days_off=(old,)), NEW_YEAR, TODAY)

    assert off.days_off == (NEW_YEAR,)


@pytest.mark.parametrize(
    ("off", "code"),
    [
        (DaysOff(first_on=date(2026, 3, 9), last_on=date(2026, 3, 8)), "ends-before-it-begins"),
        (DaysOff(first_on=date(2026, 3, 6), last_on=date(2026, 3, 9)), "off-already"),
    ],
)
def test_days_off_are_refused_when(off: DaysOff, code: str) -> None:
    with pytest.raises(Refused) as refused:
        take_off(replace(DUTY, days_off=(NEW_YEAR,)), off, TODAY)

    assert refused.value.code == code


def test_what_is_not_off_is_not_taken_back() -> None:
    with pytest.raises(Refused) as refused:
        take_back(DUTY, TODAY)

    assert refused.value.code == "not-off"


@given(
    st.integers(min_value=0, max_value=365 * 24 * 60),
    st.integers(min_value=1, max_value=7),
    st.integers(min_value=0, max_value=24 * 60 - 1),
    st.integers(min_value=0, max_value=24 * 60 - 1),
)
def test_a_shift_is_worked_every_week_and_nothing_else_is(minutes: int, weekday: int, begins: int, ends: int) -> None:
    shift = Shift(weekday=weekday, begins=begins, ends=ends)
    duty = Duty(member_id="li", time_zone="Asia/Shanghai", shifts=(shift,))
    wall = monday("00:00") + timedelta(minutes=minutes)
    minute_of_week = ((wall.isoweekday() - 1) * 24 + wall.hour) * 60 + wall.minute
    since = (minute_of_week - ((weekday - 1) * 24 * 60 + begins)) % (7 * 24 * 60)

    assert duty.at_work(wall.astimezone(UTC)) is (since < shift.minutes)
