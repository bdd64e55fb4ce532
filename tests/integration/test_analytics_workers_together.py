"""Several workers on the real broker and store: killed, frozen and joining, they count every event once."""

import asyncio
import contextlib
import random
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backbone.settings import Settings
from drumbeat.recount import Figure
from tests.folding import Figures, Log, folded, folding, launched
from tests.load import Load

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def mine(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Topics and documents of this test alone."""
    return settings.model_copy(update={"namespace": f"{settings.namespace}-{zlib.crc32(request.node.name.encode())}"})


@pytest.fixture
async def log(mine: Settings) -> AsyncIterator[Log]:
    async with contextlib.aclosing(Log(mine)) as log:
        yield log


@pytest.fixture
def figures(mine: Settings) -> Iterator[Figures]:
    with contextlib.closing(Figures(mine)) as figures:
        yield figures


def by_member(standings: Counter[Figure]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for (metric, member, _, _), value in standings.items():
        found[metric, member] += value
    return found


@pytest.mark.parametrize("seed", [1, 2])
async def test_two_workers_killed_in_turn_count_every_event_once(
    mine: Settings, tmp_path: Path, log: Log, figures: Figures, seed: int
) -> None:
    dice = random.Random(seed)
    events = Load(seed).events(1_500)
    # Every tenth event comes a second time at some later place, as a retrying sender's would.
    copies = [(dice.randrange(place, len(events)), event) for place, event in enumerate(events) if dice.random() < 0.1]
    for place, event in sorted(copies, key=lambda copy: -copy[0]):
        events.insert(place + 1, event)
    parts = [events[start : start + 100] for start in range(0, len(events), 100)]
    await log.say(*parts[0])

    with folding(mine, tmp_path, ("one", "two")) as workers:
        for place, part in enumerate(parts[1:], start=1):
            await log.say(*part)
            if place in {len(parts) // 3, 2 * len(parts) // 3}:
                victim = workers[dice.choice(("one", "two"))]
                victim.kill()
                victim.launch()
        await folded(log, figures)

    recount = await log.recount()
    assert recount.duplicates == len(copies)
    standings = await figures.standings()
    assert standings == recount.standings()
    assert await figures.explained({(metric, member) for metric, member, *_ in standings}) == by_member(standings)
    counted = recount.funnels()["load"]
    expected = {f"{stage}.entered": value for stage, value in counted.entered.items()}
    expected |= {f"{stage}.standing": value for stage, value in counted.standing.items()}
    expected |= {f"{stage}.amount": value for stage, value in counted.amount.items()}
    expected |= {"won.count": counted.won[0], "won.amount": counted.won[1]}
    expected |= {"lost.count": counted.lost[0], "lost.amount": counted.lost[1]}
    assert await figures.funnel("load") == expected
    sla = recount.sla()
    clocks = figures.documents["clocks"]
    assert await clocks.count_documents({"state": "open"}) == sla.open
    assert await clocks.count_documents({"replied_late": True}) == sla.replied_late
    assert await clocks.count_documents({"reply_seconds": {"$ne": None}}) == sla.replied


async def test_a_worker_that_was_frozen_past_its_session_changes_nothing_when_it_goes_on(
    mine: Settings, tmp_path: Path, log: Log, figures: Figures
) -> None:
    events = Load(7).events(900)
    parts = [events[start : start + 60] for start in range(0, len(events), 60)]
    await log.say(*parts[0])

    with folding(mine, tmp_path, ("one", "two"), DRUMBEAT_WORKER_SESSION_SECONDS="6") as workers:
        await folded(log, figures)
        # It is stopped while batches are on their way to it.
        await log.say(*parts[1], *parts[2])
        workers["one"].freeze()
        for part in parts[3:-2]:
            await log.say(*part)
        # The other worker has everything once the broker has given up on the frozen one.
        await folded(log, figures)
        workers["one"].thaw()
        for part in parts[-2:]:
            await log.say(*part)
        await folded(log, figures)

    assert await figures.standings() == (await log.recount()).standings()


async def test_workers_that_join_one_by_one_while_events_come_in_leave_none_out(
    mine: Settings, tmp_path: Path, log: Log, figures: Figures
) -> None:
    events = Load(3).events(1_200)
    parts = [events[start : start + 60] for start in range(0, len(events), 60)]
    await log.say(*parts[0])

    # Each one that joins takes partitions from the others while batches are on their way to them.
    with folding(mine, tmp_path) as workers:
        for place, part in enumerate(parts[1:], start=1):
            await log.say(*part)
            if place in {1, 4, 7, 10, 13}:
                launched(workers, mine, tmp_path, f"after-{place}")
            await asyncio.sleep(0.2)  # the pace of the load, not a wait
        await folded(log, figures)

    assert await figures.standings() == (await log.recount()).standings()
