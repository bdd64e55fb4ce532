import asyncio
from typing import Any, cast

import pytest

from backbone.mongo import Collection, PyMongoError, UpdateOne
from services.notifier.store.gathered import Gathered


class Disk:
    """Takes bulk writes one at a time and notes what came together."""

    def __init__(self) -> None:
        self.bulks: list[list[Any]] = []
        self.begun = asyncio.Event()
        self.broken = False

    async def bulk_write(self, steps: list[Any], *, ordered: bool) -> None:
        assert not ordered
        self.bulks.append(steps)
        self.begun.set()
        await asyncio.sleep(0)
        if self.broken:
            raise PyMongoError("disk full")


def step(number: int) -> UpdateOne:
    return UpdateOne({"_id": number}, {"$set": {"done": True}})


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def gathered(disk: Disk) -> Gathered:
    return Gathered(cast("Collection", disk))


async def test_what_comes_while_a_write_runs_goes_together_with_the_next(disk: Disk, gathered: Gathered) -> None:
    steps = [step(number) for number in range(5)]
    first = asyncio.create_task(gathered.write(steps[0]))
    await disk.begun.wait()

    await asyncio.gather(first, *(gathered.write(one) for one in steps[1:4]))
    await gathered.write(steps[4])

    assert disk.bulks == [steps[:1], steps[1:4], steps[4:]]


async def test_a_write_that_fails_is_told_to_all_who_wait_and_the_next_begins_anew(
    disk: Disk, gathered: Gathered
) -> None:
    disk.broken = True
    results = await asyncio.gather(*(gathered.write(step(number)) for number in range(3)), return_exceptions=True)
    disk.broken = False
    await gathered.write(step(9))

    assert [type(result) for result in results] == [PyMongoError] * 3
    assert disk.bulks[-1] == [step(9)]


async def test_who_is_cancelled_keeps_nobody_else_waiting(disk: Disk, gathered: Gathered) -> None:
    gone = asyncio.create_task(gathered.write(step(1)))
    await disk.begun.wait()
    gone.cancel()

    await gathered.write(step(2))

    assert gone.cancelled()
    assert disk.bulks == [[step(1)], [step(2)]]
