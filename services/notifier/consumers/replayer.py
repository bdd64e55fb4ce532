"""Works through the replays that were asked for, one at a time."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

from backbone.broker import BrokerError
from backbone.mongo import PyMongoError
from backbone.problems import Unavailable
from services.notifier.desk import Desk
from services.notifier.handlers import replays

LOOK_SECONDS: Final = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Replayer:
    """Reads the past for whoever asked for it."""

    desk: Desk

    async def run(self) -> None:
        """Work until cancelled; a replay that something kept from its end begins again after its lease."""
        while True:
            self.desk.asked.clear()
            try:
                claimed = await replays.claim(self.desk)
                if claimed is not None:
                    await replays.run(self.desk, claimed)
                    continue
            except (PyMongoError, BrokerError, OSError, Unavailable) as trouble:
                log.warning("a replay waits: %s", trouble)
            await self._rest()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self.desk.asked.wait(), LOOK_SECONDS)
        except TimeoutError:
            return
