from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.problems import Refused
from services.activities.domain.policy import (
    Edition,
    Policy,
    Terms,
    make_policy,
    policy_for,
    revise_policy,
    terms_of,
    withdraw_policy,
)

NOW = datetime(2026, 3, 2, tzinfo=UTC)
FIRST = Edition(number=1, first_reply_seconds=3_600, since=NOW)


def policy(severity: str | None, grade: str | None) -> Policy:
    return make_policy(
        Policy(
            policy_id=f"{severity}-{grade}",
            name="p",
            severity=severity,
            customer_grade=grade,
            editions=(FIRST,),
            created_at=NOW,
        )
    )


ALL = [policy(severity, grade) for severity in ("high", None) for grade in ("A", None)]


@pytest.mark.parametrize(
    ("severity", "grade", "fits"),
    [
        ("high", "A", "high-A"),
        ("high", "C", "high-None"),
        ("high", None, "high-None"),
        ("low", "A", "None-A"),
        (None, None, "None-None"),
    ],
)
def test_the_policy_that_fits_best_holds(severity: str | None, grade: str | None, fits: str) -> None:
    found = policy_for(ALL, severity, grade)

    assert found is not None
    assert found.policy_id == fits


def test_where_no_policy_fits_the_organisations_usual_one_holds() -> None:
    assert policy_for([policy("high", None)], "low", "A") is None
    assert terms_of(None, 60) == Terms(close_after_seconds=60)


def test_a_withdrawn_policy_holds_for_nothing() -> None:
    withdrawn = withdraw_policy(policy("high", None))

    assert policy_for([withdrawn], "high", "A") is None
    with pytest.raises(Refused):
        withdraw_policy(withdrawn)


@given(st.permutations(ALL), st.sampled_from(["high", "low", None]), st.sampled_from(["A", "B", None]))
def test_the_choice_does_not_hang_on_the_order_of_the_policies(
    policies: list[Policy], severity: str | None, grade: str | None
) -> None:
    assert policy_for(policies, severity, grade) == policy_for(ALL, severity, grade)


def test_a_change_is_an_edition_of_its_own_and_the_one_before_stays() -> None:
    second = Edition(number=1, resolution_seconds=7_200, since=NOW)

    revised = revise_policy(policy("high", None), "new name", second)

    assert revised.editions == (FIRST, replace(second, number=2))
    assert terms_of(revised, 60) == Terms(
        policy_id="high-None", policy_version=2, resolution_seconds=7_200, close_after_seconds=60
    )


def test_a_policy_may_say_when_a_complaint_closes_by_itself() -> None:
    says = replace(policy("high", None), editions=(replace(FIRST, close_after_seconds=5),))

    assert terms_of(says, 60).close_after_seconds == 5


def test_a_policy_that_says_nothing_is_refused() -> None:
    empty = Edition(number=1, since=NOW)
    with pytest.raises(Refused) as made:
        make_policy(replace(policy("high", None), editions=(empty,)))
    with pytest.raises(Refused) as revised:
        revise_policy(policy("high", None), "p", empty)

    assert (made.value.code, revised.value.code) == ("says-nothing", "says-nothing")


def test_a_withdrawn_policy_is_changed_no_more() -> None:
    with pytest.raises(Refused) as refused:
        revise_policy(withdraw_policy(policy("high", None)), "p", FIRST)

    assert refused.value.code == "withdrawn"
