"""Group commit: who asks while a command is under way goes together with the others, and is told his own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from backbone.grouping import MOST_TOGETHER, Gathering


class Counter:
    """Answers with the double; refuses odd numbers above a hundred; notes what was asked together, how many lots."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.broken = False
        self.under_way = 0
        self.at_most = 0

    async def __call__(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.asked.append(list(numbers))
        self.under_way += 1
        self.at_most = max(self.at_most, self.under_way)
        await asyncio.sleep(0.01)
        self.under_way -= 1
        if self.broken:
            raise ConnectionError("the store is away")
        return [ValueError(number) if number > 100 and number % 2 else number * 2 for number in numbers]


async def test_the_first_goes_at_once_and_who_comes_meanwhile_goes_together() -> None:
    counter = Counter()
    gathering: Gathering[int, int] = Gathering(counter)

    answers = await asyncio.gather(*map(gathering.ask, range(10)))

    assert answers == [number * 2 for number in range(10)]
    assert counter.asked == [list(range(10))]
    first = asyncio.create_task(gathering.ask(1))
    await asyncio.sleep(0.005)
    later = [asyncio.create_task(gathering.ask(number)) for number in (2, 3)]
    assert await asyncio.gather(first, *later) == [2, 4, 6]
    assert counter.asked[1:] == [[1], [2, 3]]


async def test_no_more_go_together_than_a_store_can_swallow_and_none_is_forgotten() -> None:
    counter = Counter()
    gathering: Gathering[int, int] = Gathering(counter)
    many = range(100_000, 100_000 + MOST_TOGETHER * 2 + 1)

    answers = await asyncio.gather(*map(gathering.ask, many), return_exceptions=True)

    assert [len(together) for together in counter.asked] == [MOST_TOGETHER, MOST_TOGETHER, 1]
    for number, answer in zip(many, answers, strict=True):
        assert isinstance(answer, ValueError) if number % 2 else answer == number * 2


async def test_two_lots_may_be_under_way_and_whoever_comes_meanwhile_waits_for_the_first_to_end() -> None:
    counter = Counter()
    gathering: Gathering[int, int] = Gathering(counter, most=4, at_once=2)
    first = asyncio.create_task(gathering.ask(1))
    await asyncio.sleep(0.002)
    second = asyncio.create_task(gathering.ask(2))
    await asyncio.sleep(0.002)
    later = [asyncio.create_task(gathering.ask(number)) for number in range(10, 19)]

    assert await asyncio.gather(first, second, *later) == [2, 4, *range(20, 38, 2)]
    assert counter.asked == [[1], [2], [10, 11, 12, 13], [14, 15, 16, 17], [18]]
    assert counter.at_most == 2


async def test_who_comes_in_the_moment_the_last_lot_ends_is_asked_too() -> None:
    gathering: Gathering[int, int] = Gathering(Counter(), at_once=2)

    async def again_and_again(first: int) -> list[int]:
        return [await gathering.ask(number) for number in range(first, first + 20)]

    async with asyncio.timeout(10):
        await asyncio.gather(*map(again_and_again, range(0, 400, 100)), return_exceptions=True)


async def test_a_trouble_of_all_is_told_to_each_and_the_next_is_asked_anew() -> None:
    counter = Counter()
    gathering: Gathering[int, int] = Gathering(counter)
    counter.broken = True

    outcomes = await asyncio.gather(*map(gathering.ask, range(3)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [ConnectionError] * 3
    counter.broken = False
    assert await gathering.ask(4) == 8


async def test_who_goes_away_takes_nobody_along() -> None:
    counter = Counter()
    gathering: Gathering[int, int] = Gathering(counter)
    gone = asyncio.create_task(gathering.ask(1))
    stays = asyncio.create_task(gathering.ask(2))
    await asyncio.sleep(0.005)

    gone.cancel()

    with pytest.raises(asyncio.CancelledError):
        await gone
    assert await stays == 4
    assert await gathering.ask(3) == 6
