"""A shift: a member began to work somewhere and stopped somewhere; one at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from backbone.audit import personal
from backbone.calendar import local_day
from backbone.contract.activities import ShiftEnded, ShiftStarted
from backbone.contract.envelope import EventData
from backbone.moments import check_happened, check_not_before
from backbone.problems import Refused
from services.activities.domain.place import Fix
from services.activities.domain.whose import whose

LONGEST_SHIFT: Final = timedelta(hours=24)

Decided = tuple["Shift", list[EventData]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One shift; `under_way` is set until it is ended, `break_seconds` is not worked time."""

    shift_id: str
    member_id: str
    owner_id: str
    team_id: str | None
    started_at: datetime
    started_where: Fix | None = field(default=None, metadata=personal)
    ended_at: datetime | None = None
    ended_where: Fix | None = field(default=None, metadata=personal)
    break_seconds: int = 0
    worked_seconds: int | None = None
    under_way: bool = True
    recorded_at: datetime
    told: str | None = None


def start_shift(shift: Shift, now: datetime) -> Decided:
    """Begin to work.

    Raises:
        Refused: it lies in the future.
    """
    check_happened(shift.started_at, now, field="/started_at")
    return shift, [
        ShiftStarted(
            shift_id=shift.shift_id,
            **whose(shift),
            place=None if shift.started_where is None else shift.started_where.told(),
        )
    ]


def end_shift(
    shift: Shift, now: datetime, *, ended_at: datetime, where: Fix | None = None, break_seconds: int = 0
) -> Decided:
    """Stop working; a shift that somebody forgot to end is ended at the hour he really went.

    Raises:
        Refused: it is over already, ends before it began, lasts longer than a day, lies in the future,
            or its breaks are longer than itself.
    """
    if not shift.under_way:
        raise Refused("shift-over", "This shift is over already; start another one.")
    check_happened(ended_at, now, field="/ended_at")
    check_not_before(ended_at, shift.started_at, "the shift began", field="/ended_at")
    if ended_at - shift.started_at > LONGEST_SHIFT:
        raise Refused("too-long", "A shift lasts 24 hours at most: say when it really ended.", field="/ended_at")
    worked = int((ended_at - shift.started_at).total_seconds()) - break_seconds
    if worked < 0:
        raise Refused("long-breaks", "The breaks are longer than the shift.", field="/break_seconds")
    ended = replace(
        shift,
        ended_at=ended_at,
        ended_where=where,
        break_seconds=break_seconds,
        worked_seconds=worked,
        under_way=False,
    )
    return ended, [
        ShiftEnded(
            shift_id=shift.shift_id,
            **whose(shift),
            place=None if where is None else where.told(),
            worked_seconds=worked,
        )
    ]


def worked_by_day(shifts: Iterable[Shift], zone: ZoneInfo, now: datetime) -> Mapping[date, int]:
    """Worked seconds by the organisation's calendar day.

    A shift past midnight is shared out among its days as they were worked through; its breaks are taken
    off in proportion, to the second. One under way counts up to now.

    Args:
        shifts: in no order.
        zone: by which days are cut.
        now: the present instant.
    """
    days: dict[date, int] = {}
    for shift in shifts:
        ended_at = shift.ended_at or max(now, shift.started_at)
        spans = {day: seconds for day, seconds in _by_day(shift.started_at, ended_at, zone).items() if seconds}
        whole, before = sum(spans.values()), 0
        for day, seconds in spans.items():
            # Rounded by the running sum, so that the parts add up to the whole exactly.
            taken = shift.break_seconds * (before + seconds) // whole - shift.break_seconds * before // whole
            before += seconds
            days[day] = days.get(day, 0) + seconds - taken
    return dict(sorted(days.items()))


def _by_day(began: datetime, ended: datetime, zone: ZoneInfo) -> dict[date, int]:
    spans: dict[date, int] = {}
    at = began
    while at < ended:
        day = local_day(at, zone)
        following = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(at.tzinfo)
        until = min(following, ended)
        # Cut to whole seconds of the running sum, so that the days add up to the whole.
        spans[day] = int((until - began).total_seconds()) - int((at - began).total_seconds())
        at = until
    return spans
