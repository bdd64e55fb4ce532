"""The log as the notifier reads it: each event into the lanes, and only then the offset is committed."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from backbone.broker import BrokerError, Consumer, Received
from backbone.mongo import PyMongoError
from backbone.problems import Unavailable
from services.notifier.desk import Desk
from services.notifier.domain.subscription import TOPICS
from services.notifier.handlers import intake
from services.notifier.readers import Starts, not_before

GROUP: Final = "notifier"
READ_AT_ONCE: Final = 200
"""Few enough that deciding about a batch does not keep requests waiting."""
FIRST_RETRY_SECONDS: Final = 0.2
LAST_RETRY_SECONDS: Final = 10.0

log = logging.getLogger(__name__)


class Intake:
    """Follows the log from where the notifier first began."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._starts: Starts = {}

    async def begin(self) -> None:
        """Learn where to begin; the very first notifier decides it, here and now.

        Raises:
            BrokerError: the broker does not answer.
            LookupError: a topic does not exist.
        """
        self._starts = await intake.beginning(self._desk)

    async def run(self) -> None:
        """Take events in until cancelled.

        Raises:
            BrokerError: the broker refused the reader.
        """
        # The group itself begins at the first record: one that begins at "latest" would lose what is written
        # while it has committed nothing yet and its process dies. What lies before the start is passed over.
        await Consumer(self._desk.settings, TOPICS, GROUP, max_records=READ_AT_ONCE).run(self.take)

    async def take(self, batch: Sequence[Received]) -> None:
        """Take one batch in; when the store or the directory does not answer, again after growing pauses."""
        records = not_before(self._starts, batch)
        pause = FIRST_RETRY_SECONDS
        while True:
            try:
                await intake.take(self._desk, records)
                return
            except (PyMongoError, BrokerError, OSError, Unavailable) as trouble:
                log.warning("intake waits %.1f s: %s", pause, trouble)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LAST_RETRY_SECONDS)
