"""How important a customer is: said by a person, or by a rule where no person's word holds."""

from dataclasses import replace
from datetime import date, datetime

from backbone.contract.customers import CustomerGraded
from backbone.moments import check_happened, check_not_before
from backbone.problems import Refused
from services.customers.domain.customer import Customer, Decided, Grade, whose


def grade(
    customer: Customer,
    at: datetime,
    now: datetime,
    *,
    to_grade: Grade,
    reason: str | None = None,
    holds_until_on: date | None = None,
) -> Decided:
    """Say by hand how important a customer is from now on.

    Args:
        customer: as it stands.
        at: when it was graded.
        now: the present instant.
        to_grade: from now on.
        reason: why, as a code.
        holds_until_on: the last day on which no rule changes it; None lets the next run of the rules.

    Raises:
        Refused: it has this grade for this long, or `at` does not lie between the last grading and now.
    """
    check_happened(at, now)
    check_not_before(at, customer.graded_since, "it was graded last")
    if customer.grade == to_grade and customer.grade_holds_until_on == holds_until_on:
        raise Refused("graded-before", f"This customer has grade {to_grade} already.", field="/grade")
    graded = replace(
        customer,
        grade=to_grade,
        graded_by="hand",
        grade_reason=reason,
        grade_holds_until_on=holds_until_on,
        graded_since=at,
    )
    return graded, [_told(customer, graded, to_grade)]


def grade_by_rule(customer: Customer, at: datetime, *, to_grade: Grade, rule: str) -> Decided | None:
    """Let a rule grade a customer; None when its grade stays.

    Args:
        customer: as it stands; `holds_by_hand` must not be so.
        at: the present instant.
        to_grade: what the rule says.
        rule: its name, which becomes the reason.
    """
    if customer.grade == to_grade:
        return None
    graded = replace(
        customer, grade=to_grade, graded_by="rule", grade_reason=rule, grade_holds_until_on=None, graded_since=at
    )
    return graded, [_told(customer, graded, to_grade)]


def holds_by_hand(customer: Customer, today: date) -> bool:
    """Whether a person's grade still holds against the rules."""
    until = customer.grade_holds_until_on
    return customer.graded_by == "hand" and until is not None and today <= until


def _told(before: Customer, graded: Customer, to_grade: Grade) -> CustomerGraded:
    return CustomerGraded(
        **whose(graded),
        from_grade=before.grade,
        to_grade=to_grade,
        reason=graded.grade_reason,
        graded_by=graded.graded_by,
        holds_until_on=graded.grade_holds_until_on,
    )
