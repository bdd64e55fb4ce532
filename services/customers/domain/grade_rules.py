"""The rules that grade customers: an ordered list, the first that a customer meets gives its grade; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from backbone.contract.envelope import EventData
from backbone.problems import Refused
from services.customers.domain.customer import Customer, Grade
from services.customers.domain.grading import holds_by_hand
from services.customers.domain.query import Facts, Query, Today, read_query
from services.customers.domain.query_meaning import meets

RULES_ID: Final = "grade-rules"
MOST_RULES: Final = 50
OTHERWISE: Final = "otherwise"
"""What the reason says when no rule is met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeRule:
    """Customers that meet `when` (see `domain.query`) get `grade`; `rule` is its name, told as the reason."""

    rule: str
    grade: Grade
    when: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeRules:
    """The rules as they stand.

    `otherwise` is the grade of who meets none; None leaves it as it is. They run every `every_days`
    days, next at `next_at`; with 0 only when somebody lets them.
    """

    rules: tuple[GradeRule, ...] = ()
    otherwise: Grade | None = None
    every_days: int = 1
    changed_at: datetime
    next_at: datetime | None = None
    ran_at: datetime | None = None
    graded: int = 0


@dataclass(frozen=True, slots=True)
class Regrade:
    """What the rules say of one customer: another grade, and which rule says so."""

    customer_id: str
    from_grade: str | None
    to_grade: Grade
    rule: str


def change_rules(
    known: GradeRules,
    at: datetime,
    *,
    rules: Sequence[GradeRule],
    otherwise: Grade | None,
    every_days: int,
) -> tuple[GradeRules, list[EventData]]:
    """Replace the rules; they run at the next turn.

    Raises:
        Refused: there are too many, two have one name, or one is no query.
    """
    if len(rules) > MOST_RULES:
        raise Refused("too-many-rules", f"There are {MOST_RULES} rules at most.", field="/rules")
    names = [rule.rule for rule in rules]
    if len(set(names)) < len(names) or OTHERWISE in names:
        raise Refused("rule-twice", f"Name every rule once, and none {OTHERWISE!r}.", field="/rules")
    for place, rule in enumerate(rules):
        read_query(rule.when, at=f"/rules/{place}/when")
    return replace(
        known,
        rules=tuple(rules),
        otherwise=otherwise,
        every_days=every_days,
        changed_at=at,
        next_at=at if every_days else None,
    ), []


def note_run(known: GradeRules, at: datetime, graded: int) -> GradeRules:
    """The rules after a run, due again after `every_days`."""
    following = at + timedelta(days=known.every_days) if known.every_days else None
    return replace(known, ran_at=at, graded=graded, next_at=following)


@dataclass(frozen=True, slots=True)
class Judge:
    """The rules, read once for many customers."""

    parts: tuple[tuple[str, Grade, Query], ...]
    otherwise: Grade | None
    today: Today

    def judge(self, customer: Customer, facts: Facts) -> Regrade | None:
        """What the rules say of a customer; None when its grade stays, or holds by hand."""
        if customer.merged_into is not None or holds_by_hand(customer, self.today.day):
            return None
        rule, grade = self._first(customer, facts)
        if grade is None or grade == customer.grade:
            return None
        return Regrade(customer.customer_id, customer.grade, grade, rule)

    def _first(self, customer: Customer, facts: Facts) -> tuple[str, Grade | None]:
        for rule, grade, query in self.parts:
            if meets(query, customer, facts, self.today):
                return rule, grade
        return OTHERWISE, self.otherwise


def judge_by(rules: GradeRules, today: Today) -> Judge:
    """The rules, ready for many customers."""
    parts = tuple((rule.rule, rule.grade, read_query(rule.when)) for rule in rules.rules)
    return Judge(parts, rules.otherwise, today)


def first_rules(now: datetime) -> GradeRules:
    """The rules before anybody has written one: nobody is graded."""
    return GradeRules(changed_at=now)


def is_due(rules: GradeRules, now: datetime) -> bool:
    """Whether a run is due."""
    return bool(rules.rules) and rules.next_at is not None and rules.next_at <= now
