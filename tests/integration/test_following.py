"""Following what others say, on the real broker: batches, rests, and who leaves in one."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime

import pytest

from backbone.broker import Consumer, GroupWatch, Publisher, Received, Record, Rest
from backbone.contract.codec import encode
from backbone.contract.directory import TeamChanged
from backbone.contract.envelope import Envelope, seal
from backbone.inbox import Following
from backbone.settings import Settings
from backbone.testing import eventually, separate

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GROUP = "followers"
TOPICS = (TeamChanged.topic,)
MINUTE = Rest(least_seconds=60.0, most_seconds=60.0)


@pytest.fixture
def settings(kafka: str, mongo: str) -> Settings:
    """Topics of each test's own: what another one said would be a batch, with a rest after it."""
    return separate(kafka, mongo)


async def test_what_comes_in_a_rest_is_one_batch_of_every_partition_in_its_order(
    settings: Settings, publisher: Publisher
) -> None:
    batches: list[list[tuple[str, str]]] = []
    teams = [f"team-{number}" for number in range(40)]

    async def take(events: Sequence[Envelope]) -> None:
        batches.append([(event.partitionkey, name_in(event)) for event in events])

    async def so_many(count: int) -> None:
        await eventually(lambda: later(len(batches) >= count))

    async with following(settings, take, Rest(least_seconds=3.0)):
        await say(publisher, "team-0", "first")
        await so_many(1)
        for name in ("before", "after"):
            for team in teams:
                await say(publisher, team, name)
        await so_many(2)

    (_, together) = batches
    assert sorted(together) == sorted((team, name) for team in teams for name in ("before", "after"))
    assert all(together.index((team, "before")) < together.index((team, "after")) for team in teams)


async def test_a_follower_that_is_cancelled_in_a_rest_leaves_at_once_and_the_next_has_no_batch_again(
    settings: Settings, publisher: Publisher
) -> None:
    met: list[str] = []

    async def take(events: Sequence[Envelope]) -> None:
        met.extend(name_in(event) for event in events)

    async with following(settings, take, MINUTE):
        await say(publisher, "north", "one")
        await eventually(lambda: later("one" in met))
        await eventually(lambda: asyncio.to_thread(nothing_left, settings))
        left = time.monotonic()
    took = time.monotonic() - left
    async with following(settings, take, MINUTE):
        await say(publisher, "north", "two")
        await eventually(lambda: later("two" in met))

    assert met == ["one", "two"]
    assert took < 5


async def test_a_reader_that_is_stopped_in_a_rest_returns_at_once(settings: Settings, publisher: Publisher) -> None:
    met: list[Received] = []
    consumer = Consumer(settings, TOPICS, GROUP, rest=MINUTE)

    async def take(batch: Sequence[Received]) -> None:
        met.extend(batch)

    reading = asyncio.create_task(consumer.run(take))
    await say(publisher, "north", "one")
    await eventually(lambda: later(bool(met)))
    consumer.stop()

    await asyncio.wait_for(reading, 5)


@asynccontextmanager
async def following(
    settings: Settings, take: Callable[[Sequence[Envelope]], Awaitable[None]], rest: Rest
) -> AsyncIterator[None]:
    running = asyncio.create_task(Following(settings, GROUP, TOPICS, take, rest=rest).run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def say(publisher: Publisher, team_id: str, name: str) -> None:
    said = seal(TeamChanged(team_id=team_id, name=name, parent_id=None), source="urn:test:hr", time=NOW)
    await publisher.publish(Record(said.data.topic, team_id.encode(), encode(said)))


def name_in(event: Envelope) -> str:
    assert isinstance(event.data, TeamChanged)
    return event.data.name


def nothing_left(settings: Settings) -> bool:
    with closing(GroupWatch(settings, GROUP, TOPICS)) as watch:
        return all(committed == end for committed, end in watch.look().values())


async def later(answer: bool) -> bool:
    return answer
