"""Sagas: whatever fails, and wherever it is cut off, it ends done or refused, and each step takes effect once."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.idempotency import Attempt, By
from backbone.saga import rules
from backbone.saga.rules import FIRST_PAUSE, LAST_PAUSE, LEASE, More, Reason, Saga, SagaState

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
STEPS = ["reserve", "make", "finish"]
BY = By(actor="mei", request_id="r-1", attempt=Attempt("k", "p"), traceparent="00-a-b-01", on_behalf_of="li")
NO = Reason(status=422, code="duplicate", detail="There is one already.", field="/name")


def begun() -> Saga:
    return rules.begin(
        "s-1",
        "conversion",
        STEPS[0],
        subject="l-1",
        owner_id="li",
        team_id="north",
        said={"deal": None},
        by=BY,
        now=NOW,
    )


def test_a_saga_that_was_just_asked_for_is_due_at_once_at_its_first_step() -> None:
    saga = begun()

    assert (saga.state, saga.step, saga.next_at, saga.ended) == (SagaState.RUNNING, "reserve", NOW, False)
    assert rules.may_take(saga, "anybody", NOW)


def test_a_step_acts_in_the_name_of_who_asked_under_the_key_of_saga_and_step() -> None:
    assert begun().by("contact") == By(
        actor="mei",
        request_id="r-1",
        attempt=Attempt("saga:s-1:reserve:contact", "saga"),
        traceparent="00-a-b-01",
        on_behalf_of="li",
    )
    assert begun().key() == "saga:s-1:reserve"


def test_steps_follow_each_other_and_each_result_is_kept_under_its_name() -> None:
    saga = rules.take(begun(), "one", NOW)
    for step in STEPS:
        assert saga.step == step
        saga = rules.move_on(saga, STEPS, {"made": step}, NOW)

    assert (saga.state, saga.next_at, saga.holder, saga.ended_at) == (SagaState.DONE, None, None, NOW)
    assert saga.results == {step: {"made": step} for step in STEPS}
    assert saga.said == {}


def test_a_step_that_is_not_through_is_done_again_and_what_it_made_is_kept() -> None:
    saga = rules.move_on(rules.take(begun(), "one", NOW), STEPS, More({"moved": 100}), NOW)

    assert (saga.step, saga.results, saga.state) == ("reserve", {"reserve": {"moved": 100}}, SagaState.RUNNING)


def test_a_worker_that_holds_the_lease_keeps_others_away_until_it_runs_out() -> None:
    saga = rules.take(begun(), "one", NOW)

    assert not rules.may_take(saga, "two", NOW + LEASE - timedelta(milliseconds=1))
    assert rules.may_take(saga, "two", NOW + LEASE)
    assert rules.may_take(saga, "one", NOW)


def test_pauses_grow_up_to_a_bound_and_a_step_that_succeeds_starts_them_anew() -> None:
    saga = begun()
    pauses = []
    for _ in range(14):
        saga = rules.put_off(saga, "away", NOW)
        assert saga.next_at is not None
        pauses.append(saga.next_at - NOW)

    assert pauses[:3] == [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LAST_PAUSE
    assert rules.put_off(rules.move_on(saga, STEPS, {}, NOW), "away", NOW).next_at == NOW + FIRST_PAUSE


def test_a_pause_holds_for_the_worker_that_put_the_saga_off_too() -> None:
    saga = rules.put_off(rules.take(begun(), "one", NOW), "away", NOW)

    assert not rules.may_take(saga, "one", NOW)
    assert (saga.tries, saga.trouble) == (1, "away")


@pytest.mark.parametrize("undo", [False, True])
def test_a_refusal_is_final_says_why_and_where_and_undoes_first(undo: bool) -> None:
    saga = rules.refuse(rules.take(begun(), "one", NOW), NO, NOW, undo=undo)

    assert (saga.state is SagaState.UNDOING) is undo
    ended = rules.undone(saga, NOW) if undo else saga
    assert (ended.state, ended.reason, ended.step, ended.next_at) == (SagaState.REFUSED, NO, "reserve", None)
    assert not rules.may_take(ended, "one", NOW)


def test_every_place_of_a_plan_where_it_can_be_cut_off_has_a_name() -> None:
    assert rules.fail_points("conversion", ["reserve", "make"]) == [
        "conversion:begun",
        "conversion:reserve-done",
        "conversion:reserve-noted",
        "conversion:make-done",
        "conversion:make-noted",
    ]


Chance = Literal["works", "away", "dies before", "dies after", "refused", "more"]


@dataclass
class World:
    """What the steps change, each under its key; and the saga as the store has it."""

    saga: Saga
    version: int = 1
    effects: list[str] = field(default_factory=list)
    now: datetime = NOW

    def save(self, seen: int, saga: Saga) -> bool:
        if seen != self.version:
            return False
        self.saga, self.version = saga, self.version + 1
        return True

    def work(self, holder: str, chance: Chance) -> None:
        """One turn of a worker: it takes the saga up, does one step, and may die on the way."""
        if not rules.may_take(self.saga, holder, self.now):
            return
        saga = rules.take(self.saga, holder, self.now)
        self.save(self.version, saga)
        if chance == "dies before":
            return
        if saga.state is SagaState.UNDOING:
            self.save(self.version, rules.undone(saga, self.now))
            return
        if chance == "away":
            self.save(self.version, rules.put_off(saga, "away", self.now))
            return
        if chance == "refused":
            self.save(self.version, rules.refuse(saga, NO, self.now, undo=True))
            return
        if saga.key() not in self.effects:
            self.effects.append(saga.key())
        if chance != "dies after":
            self.save(self.version, rules.move_on(saga, STEPS, More({}) if chance == "more" else {}, self.now))


TURNS = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]),
        st.sampled_from(["works", "away", "dies before", "dies after", "refused", "more"]),
        st.integers(0, 60),
    ),
    max_size=40,
)


@given(TURNS)
def test_a_saga_ends_whatever_happens_and_a_done_one_took_each_step_once_in_order(
    turns: list[tuple[str, Chance, int]],
) -> None:
    world = World(begun())
    for holder, chance, seconds in turns:
        world.now += timedelta(seconds=seconds)
        world.work(holder, chance)
        assert (world.saga.next_at is None) == world.saga.ended
    while not world.saga.ended:
        world.now += LAST_PAUSE
        world.work("three", "works")

    expected = [f"saga:s-1:{step}" for step in STEPS]
    if world.saga.state is SagaState.DONE:
        assert world.effects == expected
    else:
        assert world.saga.reason == NO
        assert world.effects == expected[: len(world.effects)]


@given(TURNS)
def test_a_worker_that_lost_its_lease_cannot_save(turns: list[tuple[str, Chance, int]]) -> None:
    world = World(begun())
    stale = replace(rules.take(world.saga, "zombie", NOW), results={"reserve": {"by": "zombie"}})
    seen = world.version
    world.save(seen, rules.take(world.saga, "zombie", NOW))
    zombie = world.version
    world.now += LEASE
    world.work("two", "works")
    for holder, chance, seconds in turns:
        world.now += timedelta(seconds=seconds)
        world.work(holder, chance)

    assert not world.save(zombie, stale)
