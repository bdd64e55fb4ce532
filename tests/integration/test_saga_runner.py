"""The saga runner on the real store: steps in order, once, whoever is cut off where."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from backbone.contract.ids import new_event_id
from backbone.idempotency import Attempt, By
from backbone.mongo import connect
from backbone.problems import KeyReused, Refused, Unavailable
from backbone.saga import Outcome, Plan, Saga, SagaRunner, Sagas, SagaState
from backbone.saga.rules import LEASE
from backbone.settings import Settings
from backbone.testing import eventually

BY = By(actor="li", request_id="r-1")


class Clock:
    """The time, which a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Kitchen:
    """Steps that note what they did, and do what a test tells them to before that."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.undone: list[str] = []
        self.trouble: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def plan(self) -> Plan:
        async def boil(saga: Saga) -> Outcome:
            self.did.append("boil")
            return {"litres": 2}

        async def serve(saga: Saga) -> Outcome:
            await self.gate.wait()
            if self.trouble:
                raise self.trouble.pop(0)
            self.did.append("serve")
            return {"bowls": saga.results["boil"]["litres"] * 3}

        async def throw_away(saga: Saga) -> None:
            self.undone.append(saga.said["soup"])

        return Plan({"boil": boil, "serve": serve}, throw_away)


@pytest.fixture
async def sagas(settings: Settings) -> AsyncIterator[Sagas]:
    client = connect(settings)
    opened = Sagas(client[settings.database("sagas")][f"sagas-{new_event_id()}"])
    await opened.ensure_indexes()
    yield opened
    client.close()


@pytest.fixture
def kitchen() -> Kitchen:
    return Kitchen()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def runner(sagas: Sagas, kitchen: Kitchen, clock: Clock, holder: str = "one") -> SagaRunner:
    return SagaRunner(sagas, {"soup": kitchen.plan()}, holder=holder, now=clock)


async def begun(cook: SagaRunner, by: By = BY) -> Saga:
    saved = await cook.start("soup", subject="pot", owner_id="li", team_id=None, said={"soup": "tomato"}, by=by)
    return saved.state


async def ended(sagas: Sagas, saga_id: str) -> Saga:
    async def ask() -> Saga:
        return (await sagas.get(saga_id)).state

    return await eventually(ask, lambda saga: saga.ended)


async def test_a_request_is_answered_with_its_saga_done(sagas: Sagas, kitchen: Kitchen, clock: Clock) -> None:
    saga = await begun(runner(sagas, kitchen, clock))

    assert (saga.state, saga.results) == (SagaState.DONE, {"boil": {"litres": 2}, "serve": {"bowls": 6}})
    assert kitchen.did == ["boil", "serve"]


async def test_a_step_that_fails_for_now_says_why_and_is_tried_again_when_its_pause_is_over(
    sagas: Sagas, kitchen: Kitchen, clock: Clock
) -> None:
    kitchen.trouble = [Unavailable("away", "No bowls now."), RuntimeError("a fault of ours")]
    cook = runner(sagas, kitchen, clock)
    saga = await begun(cook)
    assert (saga.state, saga.step, saga.tries, saga.trouble) == (SagaState.RUNNING, "serve", 1, "No bowls now.")

    work = asyncio.create_task(cook.run())
    clock.now += timedelta(seconds=1)

    async def present() -> Saga:
        return (await sagas.get(saga.saga_id)).state

    assert "RuntimeError" in str((await eventually(present, lambda found: found.tries == 2)).trouble)
    clock.now += timedelta(minutes=1)
    assert (await ended(sagas, saga.saga_id)).state is SagaState.DONE
    assert kitchen.did == ["boil", "serve"]
    work.cancel()


async def test_a_refusal_is_undone_and_ends_the_saga_with_the_reason(
    sagas: Sagas, kitchen: Kitchen, clock: Clock
) -> None:
    kitchen.trouble = [Refused("too-hot", "Let it cool.", field="/soup")]

    saga = await begun(runner(sagas, kitchen, clock))

    assert (saga.state, saga.step, kitchen.undone) == (SagaState.REFUSED, "serve", ["tomato"])
    assert saga.reason is not None
    assert (saga.reason.status, saga.reason.code, saga.reason.field) == (422, "too-hot", "/soup")


async def test_the_same_request_again_finds_its_saga_and_another_one_with_its_key_is_refused(
    sagas: Sagas, kitchen: Kitchen, clock: Clock
) -> None:
    cook = runner(sagas, kitchen, clock)
    first = await begun(cook, By(actor="li", request_id="r-1", attempt=Attempt("k", "print")))

    again = await begun(cook, By(actor="li", request_id="r-2", attempt=Attempt("k", "print")))

    assert (again.saga_id, kitchen.did) == (first.saga_id, ["boil", "serve"])
    with pytest.raises(KeyReused):
        await begun(cook, By(actor="li", request_id="r-3", attempt=Attempt("k", "another")))


async def cut_off(sagas: Sagas, kitchen: Kitchen, clock: Clock) -> str:
    """A saga whose worker is stopped in its second step; its id."""
    kitchen.gate.clear()
    cook = runner(sagas, kitchen, clock)
    work = asyncio.create_task(cook.run())
    starting = asyncio.create_task(begun(cook))

    async def at_work() -> list[str]:
        rows = await sagas.collection.find({"state.step": "serve"}).to_list(None)
        return [row["_id"] for row in rows]

    [saga_id] = await eventually(at_work)
    work.cancel()
    await asyncio.gather(work, starting, return_exceptions=True)
    kitchen.gate.set()
    return saga_id


async def test_a_worker_that_is_started_again_goes_on_at_once(sagas: Sagas, kitchen: Kitchen, clock: Clock) -> None:
    saga_id = await cut_off(sagas, kitchen, clock)

    work = asyncio.create_task(runner(sagas, kitchen, clock).run())

    assert (await ended(sagas, saga_id)).state is SagaState.DONE
    assert kitchen.did == ["boil", "serve"]
    work.cancel()


async def test_another_worker_takes_over_when_the_lease_is_over_and_not_before(
    sagas: Sagas, kitchen: Kitchen, clock: Clock
) -> None:
    saga_id = await cut_off(sagas, kitchen, clock)
    other = runner(sagas, kitchen, clock, holder="two")

    await other._carry(saga_id)
    assert not (await sagas.get(saga_id)).state.ended

    clock.now += LEASE
    await other._carry(saga_id)
    assert (await sagas.get(saga_id)).state.state is SagaState.DONE


async def test_of_many_workers_that_want_one_saga_each_step_is_done_once(
    sagas: Sagas, kitchen: Kitchen, clock: Clock
) -> None:
    kitchen.trouble = [Unavailable("away", "No bowls now.")]
    saga = await begun(runner(sagas, kitchen, clock))
    clock.now += timedelta(seconds=1)

    await asyncio.gather(*(runner(sagas, kitchen, clock, holder=f"worker-{n}")._carry(saga.saga_id) for n in range(8)))

    assert ((await sagas.get(saga.saga_id)).state.state, kitchen.did) == (SagaState.DONE, ["boil", "serve"])
