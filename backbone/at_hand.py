"""What seldom changes and is asked for all the time, such as the policies in force: read once a second, not every time.

What a process lays down itself holds there at once (`refresh` after the write), what another lays down a second later.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from backbone.mongo import PyMongoError

T = TypeVar("T")

FRESH_SECONDS: Final = 1.0


class AtHand(Generic[T]):
    """Something as it was read last.

    Args:
        look: reads it.
        first: what it is until it was read; services read it before they serve anybody.
    """

    def __init__(self, look: Callable[[], Awaitable[T]], first: T) -> None:
        self._look = look
        self._reading = asyncio.Lock()
        self.now = first

    async def refresh(self) -> None:
        """Read it: what was written before this was called is at hand after it.

        Raises:
            PyMongoError: the store did not answer.
        """
        async with self._reading:  # or a look that began earlier and ended later would bring back what was
            self.now = await self._look()

    async def keep_fresh(self) -> None:
        """Read it again and again until cancelled."""
        while True:
            await asyncio.sleep(FRESH_SECONDS)
            try:
                await self.refresh()
            except PyMongoError:
                continue  # what is at hand holds until the store answers
