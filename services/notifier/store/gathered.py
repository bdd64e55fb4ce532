"""Single writes of many tasks, gathered into bulk writes.

A store that syncs its disk for every write takes as long for a hundred of them as for one.
"""

import asyncio
from collections.abc import Sequence

from backbone.mongo import Collection, DeleteOne, UpdateOne

Step = UpdateOne | DeleteOne


class Gathered:
    """Writes to one collection whose results nobody needs: what comes while a bulk write runs goes with the next."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._waiting: list[tuple[Sequence[Step], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, *steps: Step) -> None:
        """Return when the steps, taken one after the other, are on disk.

        Raises:
            PyMongoError: the store did not take the bulk they went with.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((steps, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting, []
                try:
                    await self._collection.bulk_write([step for steps, _ in taken for step in steps], ordered=False)
                except Exception as trouble:  # noqa: BLE001 - whatever it is, those who wait must hear of it
                    _tell(taken, trouble)
                else:
                    _tell(taken, None)
        finally:
            self._writing = None


def _tell(taken: Sequence[tuple[Sequence[Step], "asyncio.Future[None]"]], trouble: Exception | None) -> None:
    for _, done in taken:
        if done.done():
            continue  # who wrote was cancelled meanwhile
        if trouble is None:
            done.set_result(None)
        else:
            done.set_exception(trouble)
