"""Processes are killed by -9 while events come in; every figure must still be what the log says."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.load import Load, batches, sent
from tests.whole_stack import WholeStack

STORIES = 2_500
SIZE = 100


@pytest.fixture
async def settled(platform: WholeStack) -> Callable[[], Awaitable[None]]:
    """Return once every event on the log is folded."""

    async def wait() -> None:
        async with asyncio.timeout(120), platform.client() as client:
            while True:
                answer = await client.get("/api/analytics/lag")
                if answer.status_code == 200 and answer.json()["events_behind"] == 0:
                    return
                await asyncio.sleep(0.1)

    return wait


@pytest.mark.timeout(420)
@pytest.mark.parametrize(
    ("seed", "victims"),
    [
        (1, ["worker", "worker", "worker"]),
        (2, ["mongo", "gateway", "activities"]),
        (3, ["kafka", "worker", "mongo"]),
    ],
    ids=["the worker three times", "the store, the door and a relay", "the broker, the worker and the store"],
)
async def test_every_figure_is_exact_after_kills_with_every_event_sent_twice(
    platform: WholeStack, settled: Callable[[], Awaitable[None]], seed: int, victims: list[str]
) -> None:
    events = Load(seed, pipeline=f"load-{seed}").events(STORIES)
    bodies = [body for body in batches(events, SIZE) for _ in range(2)]
    at = {len(bodies) * (turn + 1) // (len(victims) + 1): victim for turn, victim in enumerate(victims)}

    accepted = 0
    async with platform.client() as client:
        for place, body in enumerate(bodies):
            if place in at:
                platform.kill(at[place])
            answer = await sent(client, body)
            assert answer["rejected"] == 0, answer
            accepted += answer["accepted"]

    await settled()
    found = platform.json("reconcile", "--wait", "120")
    assert found["differences"] == []
    assert found["compared"] > 1_000
    # A publisher that got no answer sends again, so an event may be accepted twice; never less than once.
    assert accepted >= len(events)
