"""What seldom changes and is asked for all the time, such as the policies in force: read once a second, not every time.

What a process lays down itself holds there at once (`refresh` after the write), what another lays down a second later.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

import msgspec

from backbone.mongo import PyMongoError

log = logging.getLogger(__name__)

T = TypeVar("T")

FRESH_SECONDS: Final = 1.0
EVERYWHERE_SECONDS: Final = 3 * FRESH_SECONDS
"""After so long nobody who is not stuck in the midst of a request goes by what was before a change."""


class AtHand(Generic[T]):
    """Something as it was read last.

    Args:
        look: reads it.
        first: what it is until it was read; services read it before they serve anybody.
    """

    def __init__(self, look: Callable[[], Awaitable[T]], first: T) -> None:
        self._look = look
        self._reading = asyncio.Lock()
        self._read_at = -EVERYWHERE_SECONDS
        self.now = first

    async def fresh(self) -> T:
        """What is at hand; read now where that was not possible for a while.

        Raises:
            PyMongoError: the store did not answer, and has not for a while.
        """
        if time.monotonic() - self._read_at > EVERYWHERE_SECONDS:
            await self.refresh()
        return self.now

    async def refresh(self) -> None:
        """Read it: what was written before this was called is at hand after it.

        Raises:
            PyMongoError: the store did not answer.
        """
        async with self._reading:  # or a look that began earlier and ended later would bring back what was
            began = time.monotonic()
            self.now = await self._look()
            self._read_at = began

    async def keep_fresh(self) -> None:
        """Read it again and again until cancelled."""
        while True:
            await asyncio.sleep(FRESH_SECONDS)
            try:
                await self.refresh()
            except (PyMongoError, OSError, msgspec.MsgspecError) as trouble:
                log.warning("what is at hand stays as it is: %s", trouble)
