"""Which reports are due when, and on which days people work; pure.

Daily reports are due for working days only: the usual weekdays, less holidays, with make-up workdays (调休)
that the rules name. Weekly and monthly ones are due for every ISO week and month.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from backbone.calendar import Period, local_day, parse_period, period_of
from backbone.problems import Refused

Kind = Literal["daily", "weekly", "monthly"]
KINDS: Final[tuple[Kind, ...]] = ("daily", "weekly", "monthly")
SPAN_OF: Final[dict[Kind, Literal["day", "week", "month"]]] = {"daily": "day", "weekly": "week", "monthly": "month"}
RULES_ID: Final = "report-rules"

EARLIEST: Final = date(1971, 1, 1)
LATEST: Final = date(2198, 12, 31)
"""Reports are on days well within what moments can tell (`backbone.contract.fields`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One kind of report: due at `hour` (`HH:MM` by the organisation's clock) so many days after its last day."""

    kind: Kind
    active: bool = True
    hour: str
    days_after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRules:
    """The organisation's rules: the duties, whose they are by role, and which days are worked."""

    duties: tuple[Duty, ...] = (
        Duty(kind="daily", hour="20:00"),
        Duty(kind="weekly", hour="12:00", days_after=1),
        Duty(kind="monthly", hour="18:00", days_after=1),
    )
    roles: tuple[str, ...] = ("rep",)
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    holidays: tuple[date, ...] = ()
    make_up_days: tuple[date, ...] = ()

    def duty(self, kind: Kind) -> Duty | None:
        """The duty of a kind, if it is one."""
        return next((duty for duty in self.duties if duty.kind == kind and duty.active), None)

    def is_workday(self, day: date) -> bool:
        """Whether people work on this day: a make-up day before a holiday before the weekday."""
        if day in self.make_up_days:
            return True
        return day not in self.holidays and day.isoweekday() in self.weekdays

    def workdays(self, period: Period) -> list[date]:
        """The working days of a period."""
        days = (period.last - period.first).days + 1
        return [day for n in range(days) if self.is_workday(day := period.first + timedelta(days=n))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A report that is due: its kind, its period, the moment."""

    kind: Kind
    period: Period
    due_at: datetime


def check_rules(rules: ReportRules) -> None:
    """Refuse rules that contradict themselves.

    Raises:
        Refused: a kind is named twice, or a day is a holiday and a make-up day.
    """
    if len({duty.kind for duty in rules.duties}) < len(rules.duties):
        raise Refused("kind-twice", "Name each kind of report once.", field="/duties")
    if both := set(rules.holidays) & set(rules.make_up_days):
        raise Refused("day-twice", f"{min(both)} is a holiday and a make-up day; keep one.", field="/make_up_days")


def due_of(duty: Duty, period: Period, zone: ZoneInfo) -> datetime:
    """The moment a report on a period is due."""
    day = period.last + timedelta(days=duty.days_after)
    return datetime.combine(day, time.fromisoformat(duty.hour), zone)


def dues_between(rules: ReportRules, duty: Duty, after: datetime, until: datetime, zone: ZoneInfo) -> Iterator[Due]:
    """What of a duty became due after one moment and not later than another, in order.

    A daily report is due for working days only.
    """
    span = SPAN_OF[duty.kind]
    # One period more at both ends: a report may be due days after its last day.
    period = period_of(local_day(after, zone) - timedelta(days=duty.days_after + 1), span)
    while period.first <= local_day(until, zone):
        due_at = due_of(duty, period, zone)
        worked = duty.kind != "daily" or rules.is_workday(period.first)
        if worked and after < due_at <= until:
            yield Due(kind=duty.kind, period=period, due_at=due_at)
        period = period_of(period.last + timedelta(days=1), span)


def period_for(kind: Kind, text: str) -> Period:
    """The period a report is on, such as `2026-03-02`, `2026-W10` or `2026-03`.

    Raises:
        Refused: the text names no period, or one of another length than the kind's.
    """
    try:
        period = parse_period(text)
    except (ValueError, OverflowError) as unreadable:
        raise Refused("bad-period", f"{unreadable}.", field="/period") from unreadable
    if not EARLIEST <= period.first <= period.last <= LATEST:
        raise Refused("bad-period", f"A report is on days from {EARLIEST} to {LATEST}.", field="/period")
    if period.kind != SPAN_OF[kind]:
        example = {"daily": "2026-03-02", "weekly": "2026-W10", "monthly": "2026-03"}[kind]
        raise Refused("other-period", f"A {kind} report is on a {SPAN_OF[kind]}, such as {example}.", field="/period")
    return period
