"""Whatever is told, in any order and in any batches, the folds give what the recount gives."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.deals import Credit as Share
from backbone.contract.deals import (
    DealLost,
    DealOpened,
    DealOwnerChanged,
    DealReopened,
    DealRevised,
    DealWon,
    PipelineChanged,
    StageChanged,
    StageTold,
)
from backbone.contract.envelope import Envelope, EventData
from drumbeat.recount import Recount
from services.analytics.domain.pipelines import Pipeline
from services.analytics.folds.routing import (
    pipeline_name,
)
from tests.load import Load
from tests.unit.folds_made import NOON, ZONE, Memory, deal, said

KINDS: Final = st.sampled_from(["open", "move", "revise", "give", "win", "lose", "reopen"])
STAGES: Final = st.sampled_from(["a", "b", "c"])
TEAMS: Final = st.sampled_from([None, "north", "south"])


@st.composite
def deal_events(draw: st.DrawFn) -> Envelope:
    kind, stage, amount = draw(KINDS), draw(STAGES), draw(st.integers(0, 10_000))
    fields: dict[str, Any] = {
        "deal_id": draw(st.sampled_from(["d1", "d2"])),
        "owner_id": draw(st.sampled_from(["ann", "bob", None])),
        "team_id": draw(TEAMS),
        "pipeline": "crm",
        "amount": amount,
        "currency": "CNY",
    }
    shares = (Share(member_id="ann", share=0.25), Share(member_id="eve", share=0.75)) if draw(st.booleans()) else ()
    data: EventData
    if kind == "open":
        data = DealOpened(**fields, stage=stage)
    elif kind == "move":
        data = StageChanged(**fields, from_stage=draw(STAGES), to_stage=stage)
    elif kind == "revise":
        data = DealRevised(**fields, stage=stage, from_amount=0)
    elif kind == "give":
        data = DealOwnerChanged(**fields, stage=stage, from_owner_id="cid")
    elif kind == "win":
        data = DealWon(**fields, stage=stage, credits=shares)
    elif kind == "lose":
        data = DealLost(**fields, stage=stage)
    else:
        data = DealReopened(**fields, stage=stage, from_outcome="won")
    at = NOON + timedelta(hours=draw(st.integers(0, 200)))
    return said(data, at, sequence=draw(st.none() | st.integers(0, 6)), undated=draw(st.integers(0, 9)) == 0)


@given(st.lists(deal_events(), min_size=1, max_size=25), st.integers(1, 25), st.randoms(use_true_random=False))
def test_deals_told_in_any_order_twice_and_in_any_batches_give_what_the_recount_gives(
    events: list[Envelope], size: int, dice: random.Random
) -> None:
    told = [*events, *(event for event in events if dice.random() < 0.3)]
    memory = Memory()
    for start in range(0, len(told), size):
        memory.fold(told[start : start + size])

    assert_same(memory, told)


@given(st.lists(deal_events(), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_a_deal_told_with_sequences_gives_the_same_in_whatever_order_its_events_come(
    events: list[Envelope], dice: random.Random
) -> None:
    story = [event.model_copy(update={"sequence": place}) for place, event in enumerate(events)]
    shuffled = dice.sample(story, len(story))
    in_order, mixed = Memory(), Memory()
    for told, memory in ((story, in_order), (shuffled, mixed)):
        memory.fold(told)

    assert (mixed.funnel(), mixed.standings()) == (in_order.funnel(), in_order.standings())


def test_a_decision_that_is_told_late_counts_and_one_that_was_reopened_later_does_not() -> None:
    late, undone = Memory(), Memory()
    moved = said(deal(StageChanged, from_stage="new", to_stage="offer"), sequence=3)
    again = said(deal(DealReopened, stage="offer", from_outcome="won"), sequence=3)
    won = said(deal(DealWon, stage="new"), sequence=2)

    assert late.fold([moved, won])[1].decision.left_out is None
    assert undone.fold([again, won])[1].decision.left_out == "superseded"

    assert late.funnel() == {
        "stages.new.entered": 1,
        "stages.offer.entered": 1,
        "won.count": 1,
        "won.amount": 1_000,
    }
    assert (undone.standings(), undone.funnel()["stages.offer.standing"]) == ({}, 1)


def pipeline(revision: int, *stages: str) -> Envelope:
    told = tuple(StageTold(stage=stage, name=stage.title(), probability=0.5) for stage in stages)
    return said(PipelineChanged(pipeline="crm", revision=revision, stages=told), sequence=revision)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
def test_the_latest_version_of_a_pipeline_tells_the_order_of_its_stages_and_moves_no_figure(order: list[int]) -> None:
    versions = [pipeline(1, "a", "b"), pipeline(2, "b", "a"), pipeline(3, "b", "c", "a")]
    memory = Memory()

    memory.fold([versions[place] for place in order])

    assert memory.known[pipeline_name("crm")].state == Pipeline(("b", "c", "a"), 3)
    assert (memory.funnel(), memory.standings()) == ({}, {})
    superseded = [one.decision.left_out for one in memory.decided if one.decision.left_out]
    assert superseded == ["superseded"] * sum(place < max(order[:at], default=0) for at, place in enumerate(order))


def test_a_pipeline_and_a_deal_of_one_name_are_two_things() -> None:
    memory = Memory()

    memory.fold([pipeline(1, "a"), said(DealOpened(**DEAL_NAMED_CRM))])

    assert memory.known["crm"].state.stage == "a"
    assert memory.known[pipeline_name("crm")].state == Pipeline(("a",), 1)


DEAL_NAMED_CRM: Final[dict[str, Any]] = {
    "deal_id": "crm",
    "owner_id": "ann",
    "pipeline": "crm",
    "stage": "a",
    "amount": 1,
    "currency": "CNY",
}


def test_of_two_decisions_the_first_by_sequence_holds_also_when_it_comes_second() -> None:
    memory = Memory()

    lost, won = memory.fold(
        [said(deal(DealLost, stage="new"), sequence=5), said(deal(DealWon, stage="new"), sequence=4)]
    )

    assert (lost.decision.left_out, won.decision.left_out) == (None, None)
    assert memory.funnel() == {"stages.new.entered": 1, "won.count": 1, "won.amount": 1_000}


@pytest.mark.parametrize("seed", range(5))
def test_a_load_of_every_kind_gives_what_the_recount_gives(seed: int) -> None:
    events = Load(seed, before=NOON).events(400)
    dice = random.Random(seed)
    told = [*events, *dice.sample(events, 40)]
    memories: dict[str, Memory] = {}
    for event in told:
        memories.setdefault(event.data.topic, Memory()).fold([event])

    standings: Counter[Any] = Counter()
    for memory in memories.values():
        standings.update(memory.standings())
    assert standings == recounted(told).standings()


def recounted(told: Iterable[Envelope]) -> Recount:
    recount = Recount(ZONE, "CNY")
    for envelope in told:
        recount.take(envelope)
    return recount


def assert_same(memory: Memory, told: Sequence[Envelope]) -> None:
    recount = recounted(told)
    assert memory.standings() == recount.standings()
    counted = recount.funnels()["crm"]
    expected = {f"stages.{stage}.entered": value for stage, value in counted.entered.items()}
    expected |= {f"stages.{stage}.standing": value for stage, value in counted.standing.items()}
    expected |= {f"stages.{stage}.amount": value for stage, value in counted.amount.items()}
    expected |= {"won.count": counted.won[0], "won.amount": counted.won[1]}
    expected |= {"lost.count": counted.lost[0], "lost.amount": counted.lost[1]}
    assert memory.funnel() == {path: value for path, value in expected.items() if value}
