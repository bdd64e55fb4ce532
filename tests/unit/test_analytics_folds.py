"""What each event does to the figures, in whatever order they come."""

from datetime import date, timedelta
from typing import Any, Final

import pytest

from backbone.contract.activities import VisitLogged, VisitVoided
from backbone.contract.complaints import ComplaintOpened, ComplaintReplied
from backbone.contract.deals import Credit as Share
from backbone.contract.deals import DealLost, DealOpened, DealReopened, DealWon, StageChanged
from backbone.contract.envelope import EventData
from tests.unit.folds_made import NOON, Memory, deal, said

TODAY: Final = 20260302


def visited(visit_id: str = "v1") -> EventData:
    return VisitLogged(
        visit_id=visit_id, member_id="ann", owner_id="ann", team_id="north", customer_id="c1", started_at=NOON
    )


def voided(visit_id: str = "v1") -> EventData:
    return VisitVoided(visit_id=visit_id, member_id="ann", owner_id="ann", team_id="north", reason="mistake")


def test_a_deal_moves_from_stage_to_stage_and_stands_in_one() -> None:
    memory = Memory()

    memory.fold(
        [
            said(deal(DealOpened, stage="new"), sequence=1),
            said(deal(StageChanged, from_stage="new", to_stage="offer", amount=1_500), sequence=2),
            said(deal(StageChanged, from_stage="offer", to_stage="new", amount=1_500), sequence=3),
            said(deal(StageChanged, from_stage="new", to_stage="offer", amount=1_500), sequence=4),
        ]
    )

    assert memory.funnel() == {
        "stages.new.entered": 1,
        "stages.offer.entered": 1,
        "stages.offer.standing": 1,
        "stages.offer.amount": 1_500,
    }


def test_a_won_deal_stands_nowhere_and_its_amount_is_split_to_the_last_unit() -> None:
    memory = Memory()
    shares = (Share(member_id="ann", share=0.5), Share(member_id="bob", share=0.5))

    memory.fold([said(deal(DealOpened, stage="new")), said(deal(DealWon, stage="new", amount=101, credits=shares))])

    assert memory.funnel() == {"stages.new.entered": 1, "won.count": 1, "won.amount": 101}
    day = date(2026, 3, 2)
    assert memory.standings() == {
        ("deals-won", "ann", "north", day): 1,
        ("deals-won", "bob", "north", day): 1,
        ("won-amount", "ann", "north", day): 51,
        ("won-amount", "bob", "north", day): 50,
    }


def test_a_reopened_deal_takes_its_win_back_on_the_day_it_was_won() -> None:
    memory = Memory()
    memory.fold([said(deal(DealOpened, stage="new")), said(deal(DealWon, stage="new"))])

    (again,) = memory.fold([said(deal(DealReopened, stage="new", from_outcome="won"), NOON + timedelta(days=40))])

    assert (again.decision.on, again.decision.deltas) == (TODAY, (("deals-won", -1), ("won-amount", -1_000)))
    assert memory.standings() == {}
    assert {(step.path, step.on, step.amount) for step in again.decision.steps} == {
        ("won.count", TODAY, -1),
        ("won.amount", TODAY, -1_000),
        ("stages.new.standing", 20260411, 1),
        ("stages.new.amount", 20260411, 1_000),
    }


def test_an_amount_in_another_currency_is_kept_apart() -> None:
    memory = Memory()

    memory.fold([said(deal(DealWon, stage="new", amount=7).model_copy(update={"currency": "EUR"}))])

    assert memory.funnel() == {"stages.new.entered": 1, "won.count": 1, "won.amount-eur": 7}
    assert {metric for metric, *_ in memory.standings()} == {"deals-won", "won-amount-eur"}


def test_an_event_that_comes_after_a_later_one_only_tells_which_stages_were_entered() -> None:
    memory = Memory()

    late = memory.fold(
        [
            said(deal(DealLost, stage="offer"), sequence=5),
            said(deal(StageChanged, from_stage="new", to_stage="talk"), sequence=2),
        ]
    )[1]

    assert late.decision.left_out == "superseded"
    assert memory.funnel() == {
        "stages.new.entered": 1,
        "stages.talk.entered": 1,
        "stages.offer.entered": 1,
        "lost.count": 1,
        "lost.amount": 1_000,
    }


def test_an_undated_deal_stands_in_its_funnel_and_counts_in_no_period() -> None:
    memory = Memory()

    (won,) = memory.fold([said(deal(DealWon, stage="new"), undated=True)])

    assert won.decision.on is None
    assert won.decision.deltas == (("deals-won", 1), ("won-amount", 1_000))
    assert {step.on for step in won.decision.steps} == {None}
    assert memory.standings() == {}


@pytest.mark.parametrize("order", [[0, 1], [1, 0], [0, 1, 2], [1, 0, 2], [1, 2, 0]])
def test_a_visit_that_a_void_names_counts_nothing_in_whatever_order_they_come(order: list[int]) -> None:
    events = [said(visited()), said(voided()), said(voided(), NOON + timedelta(days=3))]
    together, apart = Memory(), Memory()

    together.fold([events[place] for place in order])
    for place in order:
        apart.fold([events[place]])

    assert together.standings() == {}
    assert apart.standings() == {}


def test_the_first_reply_counts_for_who_gave_it_and_moves_when_an_earlier_one_is_told_late() -> None:
    memory = Memory()
    complaint: dict[str, Any] = {"complaint_id": "k1", "owner_id": "ann", "team_id": "north"}
    memory.fold(
        [
            said(ComplaintOpened(**complaint, channel="web")),
            said(ComplaintReplied(**complaint, member_id="bob"), NOON + timedelta(hours=20)),
        ]
    )
    assert memory.standings() == {("complaints-in-time", "bob", "north", date(2026, 3, 3)): 1}

    memory.fold([said(ComplaintReplied(**complaint, member_id="eve"), NOON + timedelta(hours=1))])

    assert memory.standings() == {("complaints-in-time", "eve", "north", date(2026, 3, 2)): 1}


def test_a_reply_that_comes_before_its_complaint_counts_when_the_complaint_comes() -> None:
    memory = Memory()
    complaint: dict[str, Any] = {"complaint_id": "k1", "owner_id": "ann", "team_id": "north"}

    memory.fold([said(ComplaintReplied(**complaint, member_id="bob"), NOON + timedelta(hours=2))])
    assert memory.standings() == {}
    memory.fold([said(ComplaintOpened(**complaint, channel="web"))])

    assert memory.standings() == {("complaints-in-time", "bob", "north", date(2026, 3, 2)): 1}
