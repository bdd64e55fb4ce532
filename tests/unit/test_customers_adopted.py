"""Deals that outside systems tell of."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract import deals as contract
from backbone.contract.deals import (
    DealLost,
    DealOpened,
    DealOwnerChanged,
    DealReopened,
    DealRevised,
    DealWon,
    StageChanged,
)
from backbone.contract.papers import ContractSigned, QuoteAnswered, QuoteSent
from backbone.problems import Refused
from services.customers.domain.adopted import Told, told_deal
from services.customers.domain.deal import Competitor, Credit, Deal, Line

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = AT + timedelta(days=30)
WHOSE: dict[str, Any] = {"deal_id": "erp:1", "owner_id": "li", "team_id": "north"}
WORTH: dict[str, Any] = {**WHOSE, "pipeline": "erp", "amount": 70_000, "currency": "CNY"}
OPENED = DealOpened(**WORTH, stage="new", customer_id="erp:hefei", probability=0.2, product_ids=("pump",))
WON = DealWon(**WORTH, stage="new", reason="price")


def adopted(*told: Told, late: bool = False, deal: Deal | None = None) -> Deal:
    for hours, said in enumerate(told):
        deal = told_deal(deal, said, AT + timedelta(hours=hours), NOW, late=late, by="erp")
    assert deal is not None
    return deal


def test_an_opening_makes_a_deal_with_all_it_tells() -> None:
    deal = adopted(OPENED)

    assert (deal.deal_id, deal.owner_id, deal.customer_id, deal.stage) == ("erp:1", "li", "erp:hefei", "new")
    assert (deal.amount, deal.probability, deal.product_ids, deal.opened_at) == (70_000, 0.2, ("pump",), AT)
    assert [(step.turn, step.to_stage) for step in deal.history] == [("opened", "new")]


@pytest.mark.parametrize(
    ("said", "state", "stage"),
    [
        (StageChanged(**WORTH, from_stage="new", to_stage="offer"), "open", "offer"),
        (DealRevised(**WORTH, stage="offer", from_amount=1), "open", "offer"),
        (DealWon(**WORTH, stage="offer"), "won", "offer"),
        (DealLost(**WORTH, stage="offer"), "lost", "offer"),
        (DealReopened(**WORTH, stage="offer", from_outcome="won"), "open", "offer"),
    ],
)
def test_a_deal_nobody_heard_of_begins_with_whatever_is_told_of_it(said: Told, state: str, stage: str) -> None:
    deal = adopted(said)

    assert (deal.state, deal.stage, deal.amount) == (state, stage, 70_000)


def test_moves_follow_the_deal_and_no_rule_of_a_pipeline_holds_them_up() -> None:
    deal = adopted(
        OPENED,
        StageChanged(**WORTH, from_stage="new", to_stage="offer"),
        StageChanged(**{**WORTH, "amount": 80_000}, from_stage="offer", to_stage="trial", direction="skip"),
        DealOwnerChanged(
            **{**WORTH, "owner_id": "mei", "team_id": "south"}, stage="trial", from_owner_id="li", from_team_id="north"
        ),
    )

    assert (deal.stage, deal.owner_id, deal.team_id, deal.stage_since) == (
        "trial", "mei", "south", AT + timedelta(hours=2),
    )  # fmt: skip
    assert [step.turn for step in deal.history] == ["opened", "forward", "skip"]


def test_a_revision_brings_lines_credits_and_competitors() -> None:
    deal = adopted(
        OPENED,
        DealRevised(
            **WORTH,
            stage="new",
            from_amount=70_000,
            expected_close_on=date(2026, 6, 30),
            lines=(contract.Line(product_id="pump", quantity=1, amount=9),),
            credits=(contract.Credit(member_id="mei", share=1.0),),
            competitors=("rivals",),
        ),
    )

    assert deal.lines == (Line(product_id="pump", quantity=1, amount=9),)
    assert deal.credits == (Credit(member_id="mei", share=1.0),)
    assert (deal.competitors, deal.expected_close_on) == ((Competitor(competitor="rivals"),), date(2026, 6, 30))


def test_a_decision_holds_until_the_deal_is_reopened() -> None:
    decided = adopted(OPENED, WON, StageChanged(**WORTH, from_stage="new", to_stage="offer"))
    again = adopted(
        DealLost(**WORTH, stage="new"), DealReopened(**WORTH, stage="new", from_outcome="won"), deal=decided
    )

    assert (decided.state, decided.stage, decided.reason) == ("won", "new", "price")
    assert (again.state, again.decided_at, again.reason) == ("open", None, None)
    assert [step.turn for step in again.history] == ["opened", "won", "reopened"]


def test_what_comes_late_changes_nothing_but_for_a_decision_of_an_open_deal() -> None:
    deal = adopted(OPENED, StageChanged(**WORTH, from_stage="new", to_stage="offer"))
    reopened = adopted(WON, DealReopened(**WORTH, stage="offer", from_outcome="won"), deal=deal)

    assert adopted(StageChanged(**WORTH, from_stage="new", to_stage="talk"), late=True, deal=deal) == deal
    assert adopted(WON, late=True, deal=deal).state == "won"
    assert adopted(WON, late=True, deal=reopened) == reopened


def test_a_quote_and_a_contract_of_a_deal_nobody_heard_of_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        adopted(QuoteSent(**WHOSE, quote_id="q", amount=1, currency="CNY"))

    assert (refused.value.code, refused.value.field) == ("unknown-deal", "/data/deal_id")


def test_credits_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        adopted(
            OPENED,
            DealRevised(**WORTH, stage="new", from_amount=1, credits=(contract.Credit(member_id="mei", share=0.5),)),
        )

    assert refused.value.code == "bad-shares"


def test_quotes_and_contracts_are_kept_with_the_deal() -> None:
    papers = (
        QuoteSent(**WHOSE, quote_id="q", revision=2, amount=5, currency="CNY", valid_until_on=date(2026, 3, 31)),
        QuoteAnswered(**WHOSE, quote_id="q", revision=2, outcome="accepted", amount=5, currency="CNY"),
        ContractSigned(
            **WHOSE, contract_id="HT-1", amount=5, currency="CNY", signed_on=date(2026, 3, 9), ends_on=date(2027, 3, 8)
        ),
    )

    deal = adopted(OPENED, *papers)

    assert [(one.quote_id, one.revision, one.state) for one in deal.quotes] == [("q", 2, "accepted")]
    assert [(one.number, one.state, one.signed_on) for one in deal.contracts] == [("HT-1", "signed", date(2026, 3, 9))]
    assert deal.wake_on is None
    assert replace(adopted(*papers, deal=deal), changed_at=deal.changed_at) == deal


@given(
    st.lists(st.sampled_from(["move", "revise", "win", "lose", "reopen", "quote", "answer"]), max_size=12), st.randoms()
)
def test_whatever_is_told_the_deal_stands_in_one_state_with_its_decision(kinds: list[str], dice: random.Random) -> None:
    deal = adopted(OPENED)
    for kind in kinds:
        stage = dice.choice(["new", "offer", "trial"])
        said: dict[str, Told] = {
            "move": StageChanged(**WORTH, from_stage=deal.stage, to_stage=stage),
            "revise": DealRevised(**WORTH, stage=stage, from_amount=1),
            "win": DealWon(**WORTH, stage=stage),
            "lose": DealLost(**WORTH, stage=stage),
            "reopen": DealReopened(**WORTH, stage=stage, from_outcome="won"),
            "quote": QuoteSent(**WHOSE, quote_id="q", amount=1, currency="CNY"),
            "answer": QuoteAnswered(**WHOSE, quote_id="q", outcome="refused", amount=1, currency="CNY"),
        }
        deal = told_deal(deal, said[kind], AT, NOW, late=dice.random() < 0.3, by="erp")

    assert (deal.state == "open") == (deal.decided_at is None)
    assert deal.probability == {"won": 1.0, "lost": 0.0}.get(deal.state, deal.probability)
    assert len({(one.quote_id, one.revision) for one in deal.quotes}) == len(deal.quotes)
