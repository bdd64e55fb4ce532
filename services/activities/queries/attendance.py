"""Reading worked time."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from backbone.callers import Caller
from backbone.problems import Refused
from services.activities.domain.shift import Shift, worked_by_day
from services.activities.field_store import FieldStore
from services.activities.queries.shifts import between

MOST_DAYS: Final = 62
MOST_SHIFTS: Final = 20_000


async def worked(
    store: FieldStore,
    caller: Caller,
    from_on: date,
    to_on: date,
    *,
    member_id: str | None,
    now: datetime,
    zone: ZoneInfo,
) -> tuple[Mapping[tuple[str, date], int], list[str]]:
    """Worked seconds by member and day, and the members whose shift runs now.

    Raises:
        Refused: the span is longer than two months, ends before it begins, or holds too many shifts.
    """
    if not 0 <= (to_on - from_on).days <= MOST_DAYS:
        raise Refused("bad-span", f"Ask for at most {MOST_DAYS + 1} days, the first one first.", field="to_on")
    begins = datetime.combine(from_on, time(), zone)
    ends = datetime.combine(to_on + timedelta(days=1), time(), zone)
    shifts = await between(store, caller, begins, ends, member_id=member_id, most=MOST_SHIFTS + 1)
    if len(shifts) > MOST_SHIFTS:
        raise Refused("too-many-shifts", "That is too much at once; ask for fewer days or one member.")
    by_member: dict[str, list[Shift]] = {}
    for shift in shifts:
        by_member.setdefault(shift.member_id, []).append(shift)
    days = {
        (member, on): seconds
        for member in sorted(by_member)
        for on, seconds in worked_by_day(by_member[member], zone, now).items()
        if from_on <= on <= to_on
    }
    return days, sorted({shift.member_id for shift in shifts if shift.under_way})
