from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.activities import Place, ShiftEnded, ShiftStarted
from backbone.problems import Refused
from services.activities.domain.place import Fix
from services.activities.domain.shift import Shift, end_shift, start_shift, worked_by_day

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
WHERE = Fix(lat=31.2, lon=121.5, accuracy_m=8)
SHIFT = Shift(
    shift_id="shift-1",
    member_id="li",
    owner_id="li",
    team_id="north",
    started_at=NOW - timedelta(hours=8),
    started_where=WHERE,
    recorded_at=NOW,
)
WHOSE = {"shift_id": "shift-1", "member_id": "li", "owner_id": "li", "team_id": "north"}
ZONES = st.sampled_from(["Asia/Shanghai", "UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia"])


def test_a_shift_tells_where_it_began_and_ended_and_how_long_it_was_without_breaks() -> None:
    started, begun = start_shift(SHIFT, NOW)
    ended, over = end_shift(started, NOW, ended_at=NOW, where=WHERE, break_seconds=3600)

    place = Place(lat=31.2, lon=121.5, accuracy_m=8)
    assert begun == [ShiftStarted(**WHOSE, place=place)]
    assert over == [ShiftEnded(**WHOSE, place=place, worked_seconds=7 * 3600)]
    assert (ended.under_way, ended.worked_seconds) == (False, 7 * 3600)


@pytest.mark.parametrize(
    ("shift", "ended_at", "breaks", "code"),
    [
        pytest.param(replace(SHIFT, under_way=False), NOW, 0, "shift-over", id="that is over"),
        pytest.param(SHIFT, NOW - timedelta(hours=9), 0, "too-early", id="before it began"),
        pytest.param(SHIFT, NOW + timedelta(hours=1), 0, "future-time", id="in the future"),
        pytest.param(SHIFT, NOW, 9 * 3600, "long-breaks", id="with breaks longer than itself"),
        pytest.param(replace(SHIFT, started_at=NOW - timedelta(hours=30)), NOW, 0, "too-long", id="after a day"),
    ],
)
def test_a_shift_that_cannot_end_so_is_refused(shift: Shift, ended_at: datetime, breaks: int, code: str) -> None:
    with pytest.raises(Refused) as refused:
        end_shift(shift, NOW, ended_at=ended_at, break_seconds=breaks)

    assert refused.value.code == code


def test_a_night_shift_is_shared_out_among_its_days_with_its_breaks() -> None:
    # 22:00 to 02:00 in Shanghai.
    night = replace(
        SHIFT,
        started_at=datetime(2026, 3, 2, 14, 0, tzinfo=UTC),
        ended_at=datetime(2026, 3, 2, 18, 0, tzinfo=UTC),
        break_seconds=1200,
    )

    assert worked_by_day([night], SHANGHAI, NOW) == {date(2026, 3, 2): 6600, date(2026, 3, 3): 6600}


def test_a_shift_under_way_counts_up_to_now() -> None:
    assert worked_by_day([SHIFT], SHANGHAI, NOW) == {date(2026, 3, 2): 8 * 3600}


def test_a_day_on_which_clocks_go_back_holds_the_hours_really_worked() -> None:
    # Berlin, 25 October 2026: 00:00 to 24:00 by the wall is 25 hours; a shift is 24 at most.
    shift = replace(
        SHIFT,
        started_at=datetime(2026, 10, 24, 22, 0, tzinfo=UTC),
        ended_at=datetime(2026, 10, 25, 22, 0, tzinfo=UTC),
    )

    assert worked_by_day([shift], ZoneInfo("Europe/Berlin"), NOW) == {date(2026, 10, 25): 24 * 3600}


@st.composite
def over(draw: st.DrawFn) -> Shift:
    began = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=draw(st.integers(0, 365 * 86_400_000)))
    lasted = timedelta(milliseconds=draw(st.integers(0, 86_400_000)))
    breaks = draw(st.integers(0, int(lasted.total_seconds())))
    ended, _ = end_shift(
        replace(SHIFT, started_at=began), began + lasted, ended_at=began + lasted, break_seconds=breaks
    )
    return ended


@given(st.lists(over(), max_size=4), ZONES)
def test_the_days_add_up_to_what_was_worked_in_any_zone(shifts: list[Shift], zone: str) -> None:
    days = worked_by_day(shifts, ZoneInfo(zone), NOW)

    assert sum(days.values()) == sum(shift.worked_seconds or 0 for shift in shifts)
    assert all(seconds >= 0 for seconds in days.values())
    assert list(days) == sorted(days)
