"""One question for all who ask the same at the same time."""

import asyncio

import pytest

from backbone.once import Once


async def test_who_asks_what_is_being_asked_gets_that_answer() -> None:
    once: Once[int] = Once()
    asked: list[int] = []
    go = asyncio.Event()

    async def ask() -> int:
        asked.append(len(asked))
        await go.wait()
        return asked[-1]

    first = [asyncio.ensure_future(once.ask("same", ask)) for _ in range(5)]
    other = asyncio.ensure_future(once.ask("other", ask))
    await asyncio.sleep(0)
    first[0].cancel()
    go.set()

    assert await asyncio.gather(*first[1:], other) == [0, 0, 0, 0, 1]
    assert asked == [0, 1]
    assert await once.ask("same", ask) == 2


async def test_all_who_wait_hear_what_went_wrong_and_the_next_one_asks_anew() -> None:
    once: Once[int] = Once()

    async def fail() -> int:
        raise LookupError

    async def answer() -> int:
        return 7

    outcomes = await asyncio.gather(*(once.ask("same", fail) for _ in range(3)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [LookupError] * 3
    assert await once.ask("same", answer) == 7


async def test_what_nobody_waits_for_any_more_still_ends() -> None:
    once: Once[int] = Once()
    ended = asyncio.Event()

    async def ask() -> int:
        await asyncio.sleep(0)
        ended.set()
        return 1

    alone = asyncio.ensure_future(once.ask("same", ask))
    await asyncio.sleep(0)
    alone.cancel()

    with pytest.raises(asyncio.CancelledError):
        await alone
    await asyncio.wait_for(ended.wait(), 5)
