from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

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
    PaymentReceived,
    StageChanged,
)
from backbone.contract.envelope import EventData
from backbone.problems import Refused
from services.customers.domain import deal as deals
from services.customers.domain import decision, moves, worth
from services.customers.domain.deal import (
    MOST_STEPS,
    Competitor,
    Contract,
    Credit,
    Credited,
    Deal,
    Decided,
    Hand,
    Line,
    Payment,
    Quote,
    Step,
)
from services.customers.domain.payment import MOST_PAYMENTS, receive_payment
from services.customers.domain.pipeline import Need, Permission, Pipeline, standard_pipeline
from services.customers.domain.worth import Revision

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = OPENED + timedelta(days=30)
STANDARD = standard_pipeline(OPENED)
DEAL = Deal(
    deal_id="deal-1",
    owner_id="li",
    team_id="north",
    customer_id="customer-1",
    pipeline="standard",
    stage="lead-in",
    stage_since=OPENED,
    amount=500_000,
    currency="CNY",
    probability=0.1,
    opened_at=OPENED,
    changed_at=OPENED,
    recorded_at=OPENED,
)
WHOSE: dict[str, Any] = {
    "deal_id": "deal-1",
    "customer_id": "customer-1",
    "owner_id": "li",
    "team_id": "north",
    "pipeline": "standard",
}
FULL = replace(
    DEAL,
    expected_close_on=date(2026, 6, 30),
    product_ids=("pump",),
    lines=(Line(product_id="pump", quantity=1, amount=500_000),),
    quotes=(Quote(quote_id="quote-1", amount=500_000),),
    contracts=(Contract(contract_id="contract-1", number="HT-1", amount=500_000, drafted_by="li"),),
)
PAYMENT = Payment(payment_id="payment-1", amount=200_000, received_on=date(2026, 3, 20))

LI = Hand(by="li")
BOSS = Hand(by="chen", decides=True)

Change = Callable[[Deal, datetime, datetime], Decided]


def days(count: float) -> datetime:
    return OPENED + timedelta(days=count)


def moved(
    deal: Deal,
    at: datetime,
    now: datetime,
    to_stage: str = "contacted",
    reason: str | None = None,
    pipeline: Pipeline = STANDARD,
    hand: Hand = LI,
) -> Decided:
    return moves.move_stage(deal, at, now, pipeline=pipeline, to_stage=to_stage, hand=hand, reason=reason)


def revised(deal: Deal, at: datetime, now: datetime) -> Decided:
    return worth.revise(deal, at, now, new=Revision(amount=deal.amount + 1))


def won(deal: Deal, at: datetime, now: datetime, lines: Sequence[Line] = (), shares: Sequence[Credit] = ()) -> Decided:
    return decision.win(deal, at, now, pipeline=STANDARD, hand=LI, lines=lines, credits=shares, reason="quality")


def lost(deal: Deal, at: datetime, now: datetime) -> Decided:
    return decision.lose(deal, at, now, pipeline=STANDARD, hand=LI, reason="price")


def reopened(deal: Deal, at: datetime, now: datetime, pipeline: Pipeline = STANDARD, hand: Hand = LI) -> Decided:
    return decision.reopen(deal, at, now, pipeline=pipeline, hand=hand, reason="not-signed")


def ruled(**rules: Any) -> Pipeline:
    return replace(STANDARD, **rules)


def needing(stage: str, *, required: tuple[Need, ...] = (), exit_rules: tuple[Need, ...] = ()) -> Pipeline:
    stages = tuple(
        replace(one, required=required, exit_rules=exit_rules) if one.stage == stage else one for one in STANDARD.stages
    )
    return replace(STANDARD, stages=stages)


OF_OPEN_DEALS: dict[str, Change] = {"move": moved, "revise": revised, "win": won, "lose": lost}
WON, _ = won(DEAL, days(5), NOW)


def test_an_opened_deal_tells_where_it_begins_and_what_it_is_worth() -> None:
    deal = replace(DEAL, lead_id="lead-1", expected_close_on=date(2026, 6, 30), product_ids=("pump", "valve"))

    assert deals.open_deal(deal, NOW) == (
        replace(deal, history=(Step(at=OPENED, turn="opened", to_stage="lead-in", by="li"),)),
        [
            DealOpened(
                **WHOSE,
                lead_id="lead-1",
                stage="lead-in",
                amount=500_000,
                currency="CNY",
                probability=0.1,
                expected_close_on=date(2026, 6, 30),
                product_ids=("pump", "valve"),
            )
        ],
    )


@pytest.mark.parametrize(
    ("deal", "code"),
    [
        pytest.param(replace(DEAL, customer_id=None), "no-counterpart", id="with nobody"),
        pytest.param(replace(DEAL, opened_at=NOW + timedelta(minutes=6)), "future-time", id="in the future"),
    ],
)
def test_a_deal_that_cannot_have_been_opened_is_refused(deal: Deal, code: str) -> None:
    with pytest.raises(Refused) as refused:
        deals.open_deal(deal, NOW)

    assert refused.value.code == code


def test_a_deal_may_be_with_a_lead_that_is_no_customer_yet() -> None:
    deal = replace(DEAL, customer_id=None, lead_id="lead-1")

    assert deals.open_deal(deal, NOW)[0].lead_id == "lead-1"


def test_a_stage_move_tells_from_where_after_how_long_and_how_likely_it_is_now() -> None:
    contacted, events = moved(DEAL, days(2), NOW)

    assert contacted == replace(
        DEAL,
        stage="contacted",
        stage_since=days(2),
        changed_at=days(2),
        probability=STANDARD.stages[1].probability,
        history=(Step(at=days(2), turn="forward", from_stage="lead-in", to_stage="contacted", by="li"),),
    )
    assert events == [
        StageChanged(
            **WHOSE,
            from_stage="lead-in",
            to_stage="contacted",
            amount=500_000,
            currency="CNY",
            probability=0.25,
            seconds_in_from_stage=2 * 86_400,
            direction="forward",
        )
    ]


def test_the_time_in_a_stage_counts_from_its_begin_and_not_from_a_revision() -> None:
    deal, _ = revised(DEAL, days(1), NOW)

    _, (event,) = moved(deal, days(3), NOW)

    assert isinstance(event, StageChanged)
    assert event.seconds_in_from_stage == 3 * 86_400


def test_a_member_may_think_otherwise_of_the_odds_than_the_stage() -> None:
    deal, _ = moves.move_stage(DEAL, days(1), NOW, pipeline=STANDARD, to_stage="proposal", hand=LI, probability=0.9)

    assert deal.probability == 0.9


def test_an_optional_stage_is_passed_by_without_a_word() -> None:
    assert moved(DEAL, days(1), NOW, "proposal")[0].stage == "proposal"


def test_a_required_stage_is_passed_by_with_a_reason_only() -> None:
    with pytest.raises(Refused, match="Passing proposal by") as refused:
        moved(DEAL, days(1), NOW, "negotiation")

    assert (refused.value.code, refused.value.field) == ("no-reason", "/reason")
    assert moved(DEAL, days(1), NOW, "negotiation", "framework-contract")[0].stage == "negotiation"


def test_a_deal_goes_back_to_an_earlier_stage() -> None:
    deal, _ = moved(DEAL, days(1), NOW, "proposal")

    back, (event,) = moved(deal, days(2), NOW, "lead-in")

    assert back.stage == "lead-in"
    assert isinstance(event, StageChanged)
    assert (event.from_stage, event.to_stage, event.direction) == ("proposal", "lead-in", "back")


@pytest.mark.parametrize(("to_stage", "code"), [("lead-in", "same-stage"), ("closing", "unknown-stage")])
def test_a_move_leads_to_another_stage_of_the_pipeline(to_stage: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        moved(DEAL, days(1), NOW, to_stage)

    assert (refused.value.code, refused.value.field) == (code, "/to_stage")


def test_a_revision_tells_amount_and_expected_close_before_and_after() -> None:
    deal = replace(DEAL, expected_close_on=date(2026, 6, 30))

    new = Revision(amount=400_000, expected_close_on=date(2026, 7, 31))

    after, events = worth.revise(deal, days(1), NOW, new=new, reason="smaller")

    assert after == replace(deal, amount=400_000, expected_close_on=date(2026, 7, 31), changed_at=days(1))
    assert events == [
        DealRevised(
            **WHOSE,
            stage="lead-in",
            from_amount=500_000,
            amount=400_000,
            currency="CNY",
            from_expected_close_on=date(2026, 6, 30),
            expected_close_on=date(2026, 7, 31),
            reason="smaller",
        )
    ]


def test_a_deal_is_revised_to_nothing() -> None:
    assert worth.revise(DEAL, days(1), NOW, new=Revision(amount=0))[0].amount == 0


@pytest.mark.parametrize("amount", [None, 500_000])
def test_a_revision_brings_something_new(amount: int | None) -> None:
    with pytest.raises(Refused) as refused:
        worth.revise(DEAL, days(1), NOW, new=Revision(amount=amount))

    assert refused.value.code == "nothing-new"


def test_a_won_deal_tells_what_was_sold_and_who_shares_the_credit() -> None:
    lines = [Line(product_id="pump", quantity=2, amount=450_000)]
    shares = [Credit(member_id="li", share=0.7), Credit(member_id="wang", share=0.3)]

    sold, events = won(DEAL, days(5), NOW, lines, shares)

    assert sold == replace(
        DEAL,
        state="won",
        changed_at=days(5),
        decided_at=days(5),
        reason="quality",
        probability=1.0,
        lines=tuple(lines),
        credits=tuple(shares),
        history=(Step(at=days(5), turn="won", from_stage="lead-in", to_stage="won", by="li", reason="quality"),),
    )
    assert events == [
        DealWon(
            **WHOSE,
            stage="lead-in",
            amount=500_000,
            currency="CNY",
            lines=(contract.Line(product_id="pump", quantity=2, amount=450_000),),
            reason="quality",
            credits=(contract.Credit(member_id="li", share=0.7), contract.Credit(member_id="wang", share=0.3)),
        )
    ]


@pytest.mark.parametrize(
    ("shares", "code"),
    [
        pytest.param([("li", 0.7)], "bad-shares", id="too little"),
        pytest.param([("li", 0.7), ("wang", 0.7)], "bad-shares", id="too much"),
        pytest.param([("li", 0.5), ("li", 0.5)], "member-twice", id="a member twice"),
    ],
)
def test_shares_of_the_credit_add_up_to_one_and_name_a_member_once(shares: list[tuple[str, float]], code: str) -> None:
    with pytest.raises(Refused) as refused:
        won(DEAL, days(5), NOW, shares=[Credit(member_id=member_id, share=share) for member_id, share in shares])

    assert (refused.value.code, refused.value.field) == (code, "/credits")


@given(st.integers(2, 20))
def test_the_credit_is_shared_evenly_among_any_number_of_members(count: int) -> None:
    shares = [Credit(member_id=f"member-{place}", share=1 / count) for place in range(count)]

    assert won(DEAL, days(5), NOW, shares=shares)[0].credits == tuple(shares)


def test_a_lost_deal_tells_why() -> None:
    gone, events = lost(DEAL, days(5), NOW)

    assert gone == replace(
        DEAL,
        state="lost",
        changed_at=days(5),
        decided_at=days(5),
        reason="price",
        probability=0.0,
        history=(Step(at=days(5), turn="lost", from_stage="lead-in", to_stage="lost", by="li", reason="price"),),
    )
    assert events == [DealLost(**WHOSE, stage="lead-in", amount=500_000, currency="CNY", reason="price")]


def test_a_reopened_deal_stands_again_in_the_stage_it_was_decided_in() -> None:
    back, events = reopened(WON, days(6), NOW)

    again = Step(at=days(6), turn="reopened", from_stage="won", to_stage="lead-in", by="li", reason="not-signed")
    assert back == replace(DEAL, stage_since=days(6), changed_at=days(6), history=(*WON.history, again))
    assert events == [
        DealReopened(**WHOSE, from_outcome="won", stage="lead-in", amount=500_000, currency="CNY", reason="not-signed")
    ]


def test_an_open_deal_is_not_reopened() -> None:
    with pytest.raises(Refused) as refused:
        reopened(DEAL, days(1), NOW)

    assert refused.value.code == "not-decided"


@pytest.mark.parametrize("change", OF_OPEN_DEALS.values(), ids=OF_OPEN_DEALS)
def test_a_decided_deal_changes_only_after_it_was_reopened(change: Change) -> None:
    with pytest.raises(Refused) as refused:
        change(WON, days(6), NOW)

    assert refused.value.code == "not-open"
    assert change(reopened(WON, days(6), NOW)[0], days(7), NOW)[1]


@pytest.mark.parametrize("change", OF_OPEN_DEALS.values(), ids=OF_OPEN_DEALS)
@pytest.mark.parametrize(
    ("at", "code"),
    [
        pytest.param(days(3) - timedelta(seconds=1), "too-early", id="before the latest change"),
        pytest.param(NOW + timedelta(minutes=6), "future-time", id="in the future"),
    ],
)
def test_a_change_lies_between_the_latest_one_and_now(change: Change, at: datetime, code: str) -> None:
    deal = replace(DEAL, changed_at=days(3))

    with pytest.raises(Refused) as refused:
        change(deal, at, NOW)

    assert refused.value.code == code


def test_a_payment_is_told_in_the_currency_of_its_deal() -> None:
    payment = replace(PAYMENT, due_on=date(2026, 3, 31), contract_id="contract-1")

    paid, events = receive_payment(WON, payment, date(2026, 3, 20))

    assert paid == replace(WON, payments=(payment,))
    assert events == [
        PaymentReceived(
            deal_id="deal-1",
            customer_id="customer-1",
            owner_id="li",
            team_id="north",
            payment_id="payment-1",
            contract_id="contract-1",
            amount=200_000,
            currency="CNY",
            received_on=date(2026, 3, 20),
            due_on=date(2026, 3, 31),
        )
    ]


@pytest.mark.parametrize(
    ("deal", "today", "code"),
    [
        pytest.param(DEAL, date(2026, 3, 20), "not-won", id="for a deal that is not won"),
        pytest.param(replace(WON, payments=(PAYMENT,)), date(2026, 3, 20), "known-payment", id="a second time"),
        pytest.param(WON, date(2026, 3, 19), "future-day", id="on a day to come"),
        pytest.param(
            replace(WON, payments=tuple(replace(PAYMENT, payment_id=f"p-{n}") for n in range(MOST_PAYMENTS))),
            date(2026, 3, 20),
            "too-many-payments",
            id="beyond the bound",
        ),
    ],
)
def test_a_payment_that_cannot_have_come_in_is_refused(deal: Deal, today: date, code: str) -> None:
    with pytest.raises(Refused) as refused:
        receive_payment(deal, PAYMENT, today)

    assert refused.value.code == code


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["contacted", "proposal", "negotiation", "lead-in", "win", "lose", "reopen", "revise"]),
            st.integers(0, 720),
        ),
        max_size=15,
    )
)
def test_whatever_is_tried_the_log_alone_tells_where_a_deal_stands(tried: list[tuple[str, int]]) -> None:
    deal = DEAL
    log: list[EventData] = []
    changes: dict[str, Change] = {"win": won, "lose": lost, "reopen": reopened, "revise": revised}
    for name, hour in tried:
        at = OPENED + timedelta(hours=hour)
        try:
            deal, events = changes[name](deal, at, NOW) if name in changes else moved(deal, at, NOW, name, "why")
        except Refused:
            continue
        log += events

    stage, state, amount = "lead-in", "open", 500_000
    for event in log:
        if isinstance(event, StageChanged):
            assert event.from_stage == stage
            stage = event.to_stage
        elif isinstance(event, DealWon | DealLost):
            assert event.stage == stage
            state = "won" if isinstance(event, DealWon) else "lost"
        elif isinstance(event, DealReopened):
            assert (event.from_outcome, event.stage) == (state, stage)
            state = "open"
        elif isinstance(event, DealRevised):
            assert event.from_amount == amount
            amount = event.amount
    assert (stage, state, amount) == (deal.stage, deal.state, deal.amount)


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
