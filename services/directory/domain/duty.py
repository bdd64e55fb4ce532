"""When a member is at work: shifts by the week, and days off.

A week's pattern holds several intervals a day in the member's own zone; an interval that ends at or
before its beginning goes past midnight. Times are wall times: a shift at 9 begins at 9 also after
the clocks change. Where no shift is set, a member is at work at any hour; a day off takes the whole
of the shifts that begin on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from backbone.audit import personal
from backbone.contract.directory import DutyChanged
from backbone.contract.envelope import EventData
from backbone.problems import Refused

DAY_MINUTES: Final = 24 * 60
WEEK_MINUTES: Final = 7 * DAY_MINUTES
KEPT_DAYS: Final = 400
"""How long days off are kept after they are over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One interval of the week: ISO weekday (1 = Monday), first minute of the day, the minute it ends."""

    weekday: int
    begins: int
    ends: int

    @property
    def minutes(self) -> int:
        """How long it is."""
        return (self.ends - self.begins) % DAY_MINUTES or DAY_MINUTES


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysOff:
    """Days on which he does not work, first and last included."""

    first_on: date
    last_on: date
    reason: str | None = field(default=None, metadata=personal)

    def holds(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """When one member is at work."""

    member_id: str
    time_zone: str
    shifts: tuple[Shift, ...] = ()
    days_off: tuple[DaysOff, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The zone his days and shifts are cut in."""
        return ZoneInfo(self.time_zone)

    def at_work(self, at: datetime) -> bool:
        """Whether he is at work at an instant."""
        local = at.astimezone(self.zone)
        today, minute = local.date(), local.hour * 60 + local.minute
        if not self.shifts:
            return not self._off(today)
        return self._within(today, minute) or self._within(today - timedelta(days=1), minute + DAY_MINUTES)

    def _within(self, day: date, minute: int) -> bool:
        """Whether a minute, counted from the midnight of a day, lies in a shift that begins on that day."""
        return not self._off(day) and any(
            shift.weekday == day.isoweekday() and shift.begins <= minute < shift.begins + shift.minutes
            for shift in self.shifts
        )

    def _off(self, day: date) -> bool:
        return any(off.holds(day) for off in self.days_off)


def set_shifts(duty: Duty, time_zone: str, shifts: Sequence[Shift]) -> tuple[Duty, list[EventData]]:
    """Give a member another week; no shifts at all means he works at any hour.

    Raises:
        Refused: two intervals overlap.
    """
    ordered = tuple(sorted(shifts, key=lambda shift: (shift.weekday, shift.begins)))
    _check_apart(ordered)
    changed = replace(duty, time_zone=time_zone, shifts=ordered)
    if changed == duty:
        return duty, []
    return changed, [DutyChanged(member_id=duty.member_id, what="shifts")]


def take_off(duty: Duty, off: DaysOff, today: date) -> tuple[Duty, list[EventData]]:
    """Note days off; what is long over is forgotten.

    Raises:
        Refused: the last day lies before the first, or one of them is off already.
    """
    if off.last_on < off.first_on:
        raise Refused("ends-before-it-begins", "The last day lies before the first.", field="/last_on")
    for other in duty.days_off:
        if other.first_on <= off.last_on and off.first_on <= other.last_on:
            raise Refused(
                "off-already",
                f"{other.first_on} to {other.last_on} is off already; take it back first.",
                field="/first_on",
            )
    kept = [one for one in duty.days_off if (today - one.last_on).days <= KEPT_DAYS]
    changed = replace(duty, days_off=tuple(sorted((*kept, off), key=lambda one: one.first_on)))
    return changed, [_off_told(duty, off)]


def take_back(duty: Duty, first_on: date) -> tuple[Duty, list[EventData]]:
    """Take days off back, named by the first of them.

    Raises:
        Refused: no days off begin on that day.
    """
    left = tuple(off for off in duty.days_off if off.first_on != first_on)
    gone = [off for off in duty.days_off if off.first_on == first_on]
    if not gone:
        raise Refused("not-off", f"No days off begin on {first_on}.", field="/first_on")
    return replace(duty, days_off=left), [_off_told(duty, gone[0])]


def _off_told(duty: Duty, off: DaysOff) -> DutyChanged:
    return DutyChanged(member_id=duty.member_id, what="days-off", first_on=off.first_on, last_on=off.last_on)


def _check_apart(shifts: Sequence[Shift]) -> None:
    spans = sorted(((s.weekday - 1) * DAY_MINUTES + s.begins, s.minutes) for s in shifts)
    following = [*spans[1:], *((begins + WEEK_MINUTES, minutes) for begins, minutes in spans[:1])]
    for (begins, minutes), (after, _) in zip(spans, following, strict=True):
        if begins + minutes > after:
            raise Refused("shifts-overlap", "Two intervals of the week overlap; make them one.", field="/shifts")
