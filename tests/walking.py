"""Whether a question walks through a whole collection: the embedded store's `explain` does not tell."""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from backbone.mongo import Collection, Document

MANY: Final = 3_000
"""So many that a walk stands out (the embedded store takes 75 ms)."""


async def fill(collection: Collection, made: Callable[[int], Document]) -> None:
    """Store many documents that no question is about."""
    for first in range(0, MANY, 500):
        await collection.insert_many([made(number) for number in range(first, first + 500)], ordered=False)


async def walks_through(collection: Collection, question: Callable[[], Awaitable[object]]) -> bool:
    """Whether a question takes half as long as looking at every document, or longer."""

    async def walk() -> object:
        return await collection.find_one({"nothing-has-this": 1})

    return await _seconds(question) > await _seconds(walk) / 2


async def _seconds(question: Callable[[], Awaitable[object]]) -> float:
    """How long it takes at best, which is how long it takes when nothing else does."""
    taken = []
    for _ in range(5):
        begin = time.perf_counter()
        await question()
        taken.append(time.perf_counter() - begin)
    return min(taken)
