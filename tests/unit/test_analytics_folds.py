"""The folds as pure rules, held against the independent recount."""

import random
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.clock import epoch_ms
from backbone.contract.activities import VisitLogged, VisitVoided
from backbone.contract.complaints import ComplaintOpened, ComplaintReplied
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
from backbone.contract.envelope import Envelope, EventData, seal
from drumbeat.recount import Recount
from services.analytics.domain.credits import Credit
from services.analytics.domain.days import Days
from services.analytics.domain.entries import Entry
from services.analytics.domain.pipelines import Pipeline
from services.analytics.domain.sla import FIRST_REPLY
from services.analytics.folds import routing
from services.analytics.folds.routing import (
    ActivityRules,
    ComplaintRules,
    DealRules,
    Decided,
    Known,
    Rule,
    clock_id,
    credits_of,
    pipeline_name,
)
from services.analytics.readers import Reader
from tests.load import Load

ZONE: Final = ZoneInfo("Asia/Shanghai")
DAYS: Final = Days(ZONE)
NOON: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TODAY: Final = 20260302
READERS: Final = {topic: Reader(topic) for topic in ("activities", "deals", "complaints", "leads", "customers")}


class Memory:
    """What the store would hold, for rules that depend on it."""

    def __init__(self) -> None:
        self.counted: dict[str, tuple[str, int]] = {}
        self.known: dict[str, Known] = {}
        self.voids: set[str] = set()
        self.earlier: dict[str, list[Credit]] = {}
        self.decided: list[Decided] = []
        self.offset = 0
        self._voided: set[str] = set()

    def fold(self, envelopes: Sequence[Envelope]) -> list[Decided]:
        """Fold a batch of one topic."""
        topic = envelopes[0].data.topic
        reader = READERS[topic]
        entries = []
        for envelope in envelopes:
            self.offset += 1
            occurred = epoch_ms(envelope.time)
            entries.append(Entry(self.offset, reader.told(envelope), occurred, occurred))
        rules = self._rules(topic, entries)
        folded = routing.fold(entries, reader.types, rules, DAYS, {*self.counted})
        for one in folded.decided:
            self.counted[one.entry.event.id] = (f"{topic}-0", one.entry.offset)
            if topic == "activities":
                name = routing.voidable_name(one.entry.event)
                self.earlier.setdefault(name, []).extend(credits_of(one.decision, one.entry.occurred))
        self.voids |= self._voided
        self.decided.extend(folded.decided)
        return folded.decided

    def _rules(self, topic: str, entries: Iterable[Entry]) -> dict[str, Rule]:
        if topic == "leads":
            return routing.lead_rules()
        if topic == "customers":
            return routing.customer_rules()
        if topic == "activities":
            voiding = {routing.voidable_name(entry.event) for entry in entries}
            rules = ActivityRules("activities-0", self.counted, self.voids, self.earlier, voiding)
            self._voided = rules.voided
            return rules.rules
        for entry in entries:
            self.known.setdefault(entry.event.subject, Known(None, -1, 0))
            self.known.setdefault(clock_id(FIRST_REPLY, entry.event.subject), Known(None, -1, 0))
            self.known.setdefault(pipeline_name(entry.event.subject), Known(None, -1, 0))
        if topic == "deals":
            return DealRules("deals-0", self.counted, self.known, "CNY").rules
        return ComplaintRules("complaints-0", self.counted, self.known).rules

    def standings(self) -> Counter[tuple[str, str, str | None, date]]:
        """Every figure other than 0."""
        found: Counter[tuple[str, str, str | None, date]] = Counter()
        for one in self.decided:
            for credit in credits_of(one.decision, one.entry.occurred):
                if credit.on is not None:
                    day = date(credit.on // 10_000, credit.on // 100 % 100, credit.on % 100)
                    found[credit.metric, credit.member or "-", credit.team, day] += credit.amount
        return Counter({figure: value for figure, value in found.items() if value})

    def funnel(self) -> dict[str, int]:
        """Every counter other than 0, of all pipelines, teams and days."""
        found: Counter[str] = Counter()
        for one in self.decided:
            for step in one.decision.steps:
                found[step.path] += step.amount
        return {path: value for path, value in found.items() if value}


def said(data: EventData, at: datetime = NOON, **envelope: Any) -> Envelope:
    return seal(data, source="urn:test", time=at, event_id=str(uuid.uuid4()), **envelope)


def deal(kind: type[Any], *, amount: int = 1_000, **fields: Any) -> EventData:
    told = {"deal_id": "d1", "owner_id": "ann", "team_id": "north", "pipeline": "crm", "currency": "CNY"}
    made: EventData = kind(**told, amount=amount, **fields)
    return made


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
