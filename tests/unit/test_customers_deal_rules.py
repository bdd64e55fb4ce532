"""What a pipeline asks of its deals, what they are worth and who is credited."""

from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract import deals as contract
from backbone.contract.deals import DealLost, DealOwnerChanged, DealRevised
from backbone.problems import Refused
from services.customers.domain import deal as deals
from services.customers.domain import decision, worth
from services.customers.domain.deal import (
    MOST_STEPS,
    Competitor,
    Contract,
    Credit,
    Credited,
    Decided,
    Hand,
    Line,
    Quote,
)
from services.customers.domain.pipeline import Need, Permission, Pipeline
from services.customers.domain.worth import Revision
from tests.unit.deals_made import DEAL, LI, NOW, OPENED, STANDARD, WHOSE, WON, days, moved, won

FULL = replace(
    DEAL,
    expected_close_on=date(2026, 6, 30),
    product_ids=("pump",),
    lines=(Line(product_id="pump", quantity=1, amount=500_000),),
    quotes=(Quote(quote_id="quote-1", amount=500_000),),
    contracts=(Contract(contract_id="contract-1", number="HT-1", amount=500_000, drafted_by="li"),),
)

BOSS = Hand(by="chen", decides=True)


def ruled(**rules: Any) -> Pipeline:
    return replace(STANDARD, **rules)


def needing(stage: str, *, required: tuple[Need, ...] = (), exit_rules: tuple[Need, ...] = ()) -> Pipeline:
    stages = tuple(
        replace(one, required=required, exit_rules=exit_rules) if one.stage == stage else one for one in STANDARD.stages
    )
    return replace(STANDARD, stages=stages)


@pytest.mark.parametrize(
    ("permission", "hand", "reason", "code"),
    [
        ("free", LI, None, None),
        ("reason", LI, None, "no-reason"),
        ("reason", LI, "mistake", None),
        ("manager", LI, "mistake", "manager-needed"),
        ("manager", BOSS, None, "no-reason"),
        ("manager", BOSS, "mistake", None),
        ("never", BOSS, "mistake", "not-allowed"),
    ],
)
@pytest.mark.parametrize("rule", ["back", "skip", "reopen"])
def test_moving_back_skipping_and_reopening_follow_the_rule_of_the_pipeline(
    rule: str, permission: Permission, hand: Hand, reason: str | None, code: str | None
) -> None:
    pipeline = ruled(**{rule: permission})
    negotiating = replace(DEAL, stage="negotiation")

    def act() -> Decided:
        if rule == "reopen":
            return decision.reopen(WON, days(6), NOW, pipeline=pipeline, hand=hand, reason=reason)
        deal, to_stage = (negotiating, "lead-in") if rule == "back" else (DEAL, "negotiation")
        return moved(deal, days(1), NOW, to_stage, reason, pipeline, hand)

    if code is None:
        step = act()[0].history[-1]
        assert (step.turn, step.by, step.reason) == ("reopened" if rule == "reopen" else rule, hand.by, reason)
        return
    with pytest.raises(Refused) as refused:
        act()
    assert refused.value.code == code


@pytest.mark.parametrize("need", get_args(Need))
def test_a_stage_is_entered_and_left_only_with_what_it_needs(need: Need) -> None:
    bare = replace(DEAL, amount=0, customer_id=None, lead_id="lead-1")
    entering, leaving = needing("contacted", required=(need,)), needing("lead-in", exit_rules=(need,))

    for pipeline in (entering, leaving):
        with pytest.raises(Refused) as refused:
            moved(bare, days(1), NOW, "contacted", pipeline=pipeline)
        assert refused.value.code == "something-missing"
    with pytest.raises(Refused, match="To be won"):
        decision.win(bare, days(1), NOW, pipeline=leaving, hand=LI)
    whole = replace(
        FULL,
        contracts=tuple(
            replace(one, state="approved" if need == "contract-approved" else "signed") for one in FULL.contracts
        ),
        quotes=tuple(replace(one, state="accepted" if need == "quote-accepted" else "sent") for one in FULL.quotes),
    )
    knowing = replace(LI, contact_known=True)
    assert moved(whole, days(1), NOW, "contacted", pipeline=entering, hand=knowing)[0].stage == "contacted"
    assert moved(whole, days(1), NOW, "contacted", pipeline=leaving, hand=knowing)[0].stage == "contacted"


def test_everything_that_is_missing_is_named_at_once() -> None:
    pipeline = needing("proposal", required=("expected-close", "lines", "contact"))

    with pytest.raises(Refused, match="an expected close, its lines, a contact at the customer's"):
        moved(DEAL, days(1), NOW, "proposal", pipeline=pipeline)


def test_a_deal_moves_back_and_is_lost_whatever_its_stage_needs_to_leave() -> None:
    pipeline = needing("proposal", exit_rules=("quote-sent",))
    deal, _ = moved(DEAL, days(1), NOW, "proposal", pipeline=pipeline)

    assert moved(deal, days(2), NOW, "lead-in", pipeline=pipeline)[0].stage == "lead-in"
    assert decision.lose(deal, days(2), NOW, pipeline=pipeline, hand=LI, reason="price")[0].state == "lost"


def test_a_deal_is_lost_for_a_reason_of_its_pipeline_and_tells_to_whom() -> None:
    pipeline = ruled(lost_reasons=("price", "delivery"))

    gone, (event,) = decision.lose(
        DEAL, days(1), NOW, pipeline=pipeline, hand=LI, reason="delivery", lost_to="hefei-rivals"
    )

    assert (gone.lost_to, event) == (
        "hefei-rivals",
        DealLost(**WHOSE, stage="lead-in", amount=500_000, currency="CNY", reason="delivery", lost_to="hefei-rivals"),
    )
    with pytest.raises(Refused, match="price, delivery") as refused:
        decision.lose(DEAL, days(1), NOW, pipeline=pipeline, hand=LI, reason="weather")
    assert refused.value.code == "unknown-reason"


PUMPS = Line(product_id="pump", quantity=2, amount=300_000)
VALVES = Line(product_id="valve", quantity=10, amount=50_000)


def test_lines_without_an_amount_give_the_deal_their_sum_until_one_is_stated() -> None:
    by_lines, (told,) = worth.revise(DEAL, days(1), NOW, new=Revision(lines=(PUMPS, VALVES)))
    stated, _ = worth.revise(by_lines, days(2), NOW, new=Revision(amount=333_000))
    kept, _ = worth.revise(stated, days(3), NOW, new=Revision(expected_close_on=date(2026, 6, 30)))
    again, _ = worth.revise(kept, days(4), NOW, new=Revision(lines=(PUMPS,)))

    assert [(one.amount, one.amount_stated) for one in (by_lines, stated, kept, again)] == [
        (350_000, False),
        (333_000, True),
        (333_000, True),
        (300_000, False),
    ]
    assert isinstance(told, DealRevised)
    assert (told.from_amount, told.amount, told.lines and len(told.lines)) == (500_000, 350_000, 2)


def test_a_deal_opened_with_a_lead_gets_its_customer_later_and_keeps_it() -> None:
    deal = replace(DEAL, customer_id=None, lead_id="lead-1")

    known, (told,) = worth.revise(
        deal, days(1), NOW, new=Revision(customer_id="customer-1", name="Pumps", product_ids=("pump",))
    )

    assert (known.customer_id, known.name, known.product_ids) == ("customer-1", "Pumps", ("pump",))
    assert isinstance(told, DealRevised)
    assert (told.customer_id, told.amount) == ("customer-1", 500_000)
    with pytest.raises(Refused) as refused:
        worth.revise(known, days(2), NOW, new=Revision(customer_id="customer-2"))
    assert (refused.value.code, refused.value.field) == ("other-customer", "/customer_id")


def test_competitors_and_credits_are_told_as_codes_and_ids() -> None:
    new = Revision(
        competitors=(Competitor(competitor="rivals", note="they know the director"),),
        credits=(Credit(member_id="li", share=0.5), Credit(member_id="mei", share=0.5)),
    )

    deal, (told,) = worth.revise(DEAL, days(1), NOW, new=new)

    assert isinstance(told, DealRevised)
    assert (told.competitors, told.credits) == (
        ("rivals",),
        (contract.Credit(member_id="li", share=0.5), contract.Credit(member_id="mei", share=0.5)),
    )
    assert won(deal, days(2), NOW)[0].credits == new.credits


@given(st.integers(0, 10**15), st.lists(st.integers(1, 1000), min_size=1, max_size=20))
def test_credits_come_to_the_amount_to_the_last_minor_unit(amount: int, parts: list[int]) -> None:
    shares = tuple(Credit(member_id=f"member-{place}", share=part / sum(parts)) for place, part in enumerate(parts))
    deal = replace(DEAL, amount=amount, credits=shares)

    credited = deal.credited

    assert sum(one.amount for one in credited) == amount
    assert all(abs(one.amount - amount * one.share) <= 1 + amount * 1e-9 for one in credited)


def test_without_credits_the_owner_is_credited_alone() -> None:
    assert DEAL.credited == (Credited(member_id="li", share=1.0, amount=500_000),)


def test_another_owner_takes_a_decided_deal_too() -> None:
    given_over, (told,) = worth.change_owner(WON, days(6), NOW, owner_id="mei", team_id="south", reason="left")

    assert (given_over.owner_id, given_over.team_id) == ("mei", "south")
    assert told == DealOwnerChanged(
        **{**WHOSE, "owner_id": "mei", "team_id": "south"},
        stage="lead-in",
        amount=500_000,
        currency="CNY",
        from_owner_id="li",
        from_team_id="north",
        reason="left",
    )
    with pytest.raises(Refused, match="already"):
        worth.change_owner(WON, days(6), NOW, owner_id="li", team_id="north")


def test_of_a_very_long_way_the_opening_and_the_latest_steps_are_kept() -> None:
    deal, _ = deals.open_deal(DEAL, NOW)
    for count in range(MOST_STEPS + 5):
        deal, _ = moved(deal, OPENED, NOW, "contacted" if deal.stage == "lead-in" else "lead-in", f"r{count}")

    assert len(deal.history) == MOST_STEPS
    assert (deal.history[0].turn, deal.history[-1].reason) == ("opened", f"r{MOST_STEPS + 4}")
