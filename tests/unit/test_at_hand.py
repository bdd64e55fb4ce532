"""What is kept at hand: never older than what was asked for, and kept while the store is away."""

import asyncio

import pytest

from backbone import at_hand
from backbone.at_hand import AtHand
from backbone.mongo import PyMongoError


class Shelf:
    """A store of one number; each look takes the number first and gives it when it is let go on."""

    def __init__(self) -> None:
        self.number = 0
        self.looks = 0
        self.away = False
        self.third_look = asyncio.Event()
        self.let_go = asyncio.Event()
        self.let_go.set()

    async def look(self) -> int:
        self.looks += 1
        if self.looks >= 3:
            self.third_look.set()
        number = self.number
        if self.away:
            raise PyMongoError
        await self.let_go.wait()
        return number


async def test_what_was_written_before_a_refresh_is_at_hand_after_it_though_an_earlier_look_is_slow() -> None:
    shelf = Shelf()
    shelf.let_go.clear()
    kept = AtHand(shelf.look, -1)
    slow = asyncio.create_task(kept.refresh())
    await asyncio.sleep(0)

    shelf.number = 1
    own = asyncio.create_task(kept.refresh())
    await asyncio.sleep(0)
    shelf.let_go.set()
    await asyncio.gather(slow, own)

    assert (kept.now, shelf.looks) == (1, 2)


async def test_a_store_that_is_away_is_asked_again_and_what_is_at_hand_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_hand, "FRESH_SECONDS", 0.001)
    shelf = Shelf()
    kept = AtHand(shelf.look, -1)
    await kept.refresh()
    shelf.number, shelf.away = 2, True

    async with asyncio.timeout(5):
        keeping = asyncio.create_task(kept.keep_fresh())
        await shelf.third_look.wait()
        meanwhile = kept.now
        shelf.away = False
        shelf.third_look.clear()
        shelf.looks = 0
        await shelf.third_look.wait()
        keeping.cancel()

    assert (meanwhile, kept.now) == (0, 2)
