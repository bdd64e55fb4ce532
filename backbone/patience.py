"""Trying again until the broker and the store are back, with growing pauses."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from backbone.broker import BrokerError
from backbone.mongo import PyMongoError

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS: Final = 0.2
LAST_RETRY_SECONDS: Final = 10.0


async def until_done(work: Callable[[], Awaitable[None]], who: str) -> None:
    """Do something until it is done.

    Args:
        work: what to do; it may have been done in part before.
        who: does it, for the log.
    """
    pause = FIRST_RETRY_SECONDS
    while True:
        began = time.monotonic()
        try:
            await work()
            return
        except (PyMongoError, BrokerError, OSError) as trouble:
            if time.monotonic() - began > LAST_RETRY_SECONDS:
                pause = FIRST_RETRY_SECONDS  # it had worked for a while: this is a new trouble
            log.warning("%s waits %.1f s: %s", who, pause, trouble)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LAST_RETRY_SECONDS)


async def over_and_over(step: Callable[[], Awaitable[None]], who: str) -> None:
    """Take a step again and again until cancelled, each until it is done."""
    while True:
        await until_done(step, who)
