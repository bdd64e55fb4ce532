"""How often customers are visited: who is due, who was missed; by grade.

A customer is due one interval after its last visit (after it was entered or graded, when that was later
than any visit). When that day passes without a visit, it was missed: a lapse, which counts for whoever
owned the customer on that day and ends with the next visit or grading. The same marks in any order give
the same rhythm.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal

from backbone.problems import Refused

Unit = Literal["day", "week", "month"]
What = Literal["entered", "graded", "owned", "visited"]
Standing = Literal["fine", "due", "missed", "unplanned"]

LAPSES_KEPT: Final = 50
LONGEST_INTERVAL_DAYS: Final = 400
RULE_ID: Final = "visit-frequency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A visit every so many days, weeks or months."""

    every: int
    unit: Unit

    def after(self, day: date) -> date:
        """The day one interval later; a month after the 31st is the last day of a shorter month."""
        if self.unit == "month":
            months = day.year * 12 + day.month - 1 + self.every
            year, month = divmod(months, 12)
            return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
        return day + timedelta(days=self.every * (7 if self.unit == "week" else 1))


USUAL: Final[Mapping[str, Interval]] = {
    "A": Interval(every=1, unit="week"),
    "B": Interval(every=2, unit="week"),
    "C": Interval(every=1, unit="month"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequencyRule:
    """The organisation's rule: by grade, how often; a grade without an interval is not visited by rule.

    `number` grows with every change, so that it can be seen which rhythms follow an earlier rule.
    """

    intervals: Mapping[str, Interval]
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What an event says of a customer's visits: when, and what.

    `order` says which of two marks of one day came first. All but a visit carry whose the customer was then;
    `grade` is that from then on, where the mark is of that kind.
    """

    on: date
    order: int
    what: What
    grade: str | None = None
    owner_id: str | None = None
    team_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """A customer that was to be visited by `due_on` and was not; `met_on` is the visit that came late."""

    due_on: date
    grade: str | None
    owner_id: str | None
    team_id: str | None
    met_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How a customer's visits stand; `due_on` is None when its grade has no interval.

    A customer that went into another one has no rhythm of its own (`merged_into`). `first_then` is the `order`
    of the first visit of the day it was visited last.
    """

    customer_id: str
    owner_id: str | None = None
    team_id: str | None = None
    grade: str | None = None
    last_visit_on: date | None = None
    first_then: int | None = None
    due_on: date | None = None
    lapses: tuple[Lapse, ...] = ()
    merged_into: str | None = None
    rule_number: int = 0


def set_rule(rule: FrequencyRule, intervals: Mapping[str, Interval]) -> FrequencyRule:
    """The rule with other intervals.

    Raises:
        Refused: an interval is longer than anything that could be called a rhythm.
    """
    today = date(2000, 1, 1)
    for grade, interval in intervals.items():
        if interval.after(today) - today > timedelta(days=LONGEST_INTERVAL_DAYS):
            raise Refused(
                "too-rare",
                f"A visit every {interval.every} {interval.unit}s is no rhythm.",
                field=f"/intervals/{grade}",
            )
    return FrequencyRule(intervals=dict(intervals), number=rule.number + 1)


def rhythm_of(customer_id: str, marks: Sequence[Mark], rule: FrequencyRule, *, merged_into: str | None) -> Rhythm:
    """Where a customer stands after all that was said of it.

    Args:
        customer_id: whose marks they are.
        marks: in no order.
        rule: which intervals hold.
        merged_into: the customer it went into, if it did.
    """
    rhythm = Rhythm(customer_id=customer_id, merged_into=merged_into, rule_number=rule.number)
    pending: Lapse | None = None
    for mark in sorted(marks, key=lambda mark: (mark.on, mark.order, mark.what)):
        if pending is None and rhythm.due_on is not None and mark.on > rhythm.due_on:
            pending = _lapse(rhythm, rhythm.due_on)
        rhythm, pending = _after(rhythm, pending, mark, rule)
    if pending is not None:
        # Still open: it is told by `due_on`, but for whom it counts was settled on that day.
        rhythm = replace(rhythm, lapses=(*rhythm.lapses, pending))
    kept = rhythm.lapses[-LAPSES_KEPT:]
    return replace(rhythm, lapses=kept, due_on=None if merged_into is not None else rhythm.due_on)


def changes_nothing(visit: Mark, rhythm: Rhythm | None) -> bool:
    """Whether a visit leaves a customer's rhythm as it stands, whatever was said of the customer before.

    So does a further one of a day; an earlier one may have come before a grading of that day. Where the visit
    may count for another customer too, nothing is known.
    """
    if rhythm is None or rhythm.merged_into is not None or rhythm.first_then is None:
        return False
    return visit.on == rhythm.last_visit_on and visit.order >= rhythm.first_then


def standing(rhythm: Rhythm, today: date, *, within_days: int) -> Standing:
    """How a customer stands today: missed, due within some days, fine, or without a rule for its grade."""
    if rhythm.due_on is None:
        return "unplanned"
    if rhythm.due_on < today:
        return "missed"
    return "due" if rhythm.due_on <= today + timedelta(days=within_days) else "fine"


def _lapse(rhythm: Rhythm, due_on: date) -> Lapse:
    return Lapse(due_on=due_on, grade=rhythm.grade, owner_id=rhythm.owner_id, team_id=rhythm.team_id)


def _after(rhythm: Rhythm, pending: Lapse | None, mark: Mark, rule: FrequencyRule) -> tuple[Rhythm, Lapse | None]:
    if mark.what == "owned":
        return replace(rhythm, owner_id=mark.owner_id, team_id=mark.team_id), pending
    if mark.what in {"entered", "graded"}:
        rhythm = replace(rhythm, owner_id=mark.owner_id, team_id=mark.team_id, grade=mark.grade)
    else:
        first = rhythm.first_then if mark.on == rhythm.last_visit_on else mark.order
        rhythm = replace(rhythm, last_visit_on=mark.on, first_then=first)
    if pending is not None:
        met = replace(pending, met_on=mark.on if mark.what == "visited" else None)
        rhythm, pending = replace(rhythm, lapses=(*rhythm.lapses, met)), None
    interval = rule.intervals.get(rhythm.grade or "")
    return replace(rhythm, due_on=None if interval is None else interval.after(mark.on)), pending
