"""What the organisation has laid down for its leads: what makes a duplicate, and how the public pool works.

Both are stored and changed by API; `House` is a snapshot of them.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from backbone.problems import Refused
from services.leads.domain.identity.keys import EXACT_KINDS, ExactKind

Grade = Literal["A", "B", "C"]
UNGRADED: Final = "-"
"""Stands for leads without a grade where a rule is told by grade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicatePolicy:
    """What makes a captured lead the same as a known one, and what happens then.

    Args:
        exact_by: a lead with one of these in common is the same.
        on_exact: whether the same lead is refused, or merged into the known one. What comes in by a
            web form is always merged: nobody stands there to be told.
        likely_from: from which score on a lead is listed as a likely duplicate.
        look_back: kinds that became exact when there were leads already: those leads hold no claim
            on them, so a capture looks for them first.
    """

    exact_by: tuple[ExactKind, ...] = ("tax-id", "company-name", "phone")
    on_exact: Literal["refuse", "merge"] = "refuse"
    likely_from: float = 0.5
    look_back: tuple[ExactKind, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleRule:
    """For a grade (`-` = none): after how many days without contact who is reminded, and when a lead is recycled.

    None = never.
    """

    grade: str
    remind_owner_days: int | None = 3
    remind_manager_days: int | None = 5
    recycle_days: int | None = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPolicy:
    """How the public pool works.

    Args:
        claims_per_day: how many leads a member may take in one day of the organisation.
        capacity: by grade (`-` = without one), how many open leads a member may have for taking another;
            a grade that is not named has no bound.
        idle: what happens to a lead its owner leaves alone; one of a grade that is not named stays with him.
        bar_days: for how many days a member cannot take back what was taken from him.
        changed_at: when it was laid down.
        timers_set: whether the timers of all leads follow it already.
    """

    claims_per_day: int = 20
    capacity: dict[str, int] = field(default_factory=lambda: {"A": 50, "B": 100, "C": 200, UNGRADED: 200})
    idle: tuple[IdleRule, ...] = tuple(IdleRule(grade=grade) for grade in ("A", "B", "C", UNGRADED))
    bar_days: int = 7
    changed_at: datetime
    timers_set: bool = False

    def idle_rule(self, grade: Grade | None) -> IdleRule | None:
        """The rule for a grade."""
        return next((rule for rule in self.idle if rule.grade == (grade or UNGRADED)), None)

    @property
    def bar(self) -> timedelta:
        """How long a member cannot take back what was taken from him."""
        return timedelta(days=self.bar_days)


@dataclass(frozen=True, slots=True)
class House:
    """The organisation's policies at one moment."""

    duplicates: DuplicatePolicy
    pool: PoolPolicy


def lay_down_duplicates(present: DuplicatePolicy, wanted: DuplicatePolicy) -> DuplicatePolicy:
    """The policy from now on; what becomes exact is looked for among older leads too."""
    became = set(wanted.exact_by) - set(present.exact_by)
    back = became | set(present.look_back)
    return replace(
        wanted,
        exact_by=tuple(kind for kind in EXACT_KINDS if kind in wanted.exact_by),
        look_back=tuple(kind for kind in EXACT_KINDS if kind in back),
    )


def with_timers_set(policy: PoolPolicy) -> PoolPolicy:
    """The policy once the timers of all leads follow it."""
    return replace(policy, timers_set=True)


def lay_down_pool(wanted: PoolPolicy, now: datetime) -> PoolPolicy:
    """The policy from now on.

    Raises:
        Refused: a reminder would come after the lead is gone.
    """
    for rule in wanted.idle:
        days = [rule.remind_owner_days, rule.remind_manager_days, rule.recycle_days]
        told = [day for day in days if day is not None]
        if told != sorted(told):
            raise Refused(
                "bad-order",
                f"For grade {rule.grade} remind the owner first, then the manager, and recycle last.",
                field=f"/idle/{rule.grade}",
            )
    return replace(wanted, changed_at=now, timers_set=False)
