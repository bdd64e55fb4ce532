"""Group commit: what many requests ask of a collection at the same time goes to the store as one command.

The first go at once; whoever comes while they are under way waits and goes together with the others. Nobody waits for
company when there is none, each is told of his own document only, and what is acknowledged is on disk as it was
before. On the embedded store an insert among ten costs a third of one by itself, a look by id a quarter.

Inserts go in two lots, neither very large: with one large lot the service waits for the store, then the store for the
service, in step (64 requests at once, two cores: a third of the time nobody worked; with two lots of 16 a seventh).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar, cast

from backbone.mongo import DUPLICATE_KEY, BulkWriteError, Collection, Document, DuplicateKeyError, WriteError

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

MOST_TOGETHER: Final = 64
"""In one command: the embedded store serves nobody else meanwhile, and compares every hit with the whole list."""
INSERTS_TOGETHER: Final = 16
LOTS_AT_ONCE: Final = 2


class Gathering(Generic[Asked, Answer]):
    """Questions that come while others are under way are asked together.

    Args:
        ask: answers some questions in their order; an exception in the place of an answer is raised to who asked.
            What `ask` itself raises is raised to all.
        most: questions of one lot.
        at_once: lots under way at the same time.
    """

    def __init__(
        self,
        ask: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | Exception]]],
        *,
        most: int = MOST_TOGETHER,
        at_once: int = 1,
    ) -> None:
        self._ask = ask
        self._most = most
        self._at_once = at_once
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._at_work: set[asyncio.Task[None]] = set()

    async def ask(self, question: Asked) -> Answer:
        """Ask, alone or with those who ask now.

        Raises:
            Exception: what `ask` gave or raised for this question.
        """
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answered))
        if len(self._at_work) < self._at_once:
            self._at_work.add(asyncio.create_task(self._work()))
        return await answered

    async def _work(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._answer(together)
        finally:  # in the same breath as the look that found nobody waiting: who comes next starts another
            self._at_work.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _answer(self, together: Sequence[tuple[Asked, "asyncio.Future[Answer]"]]) -> None:
        try:
            answers = await self._ask([question for question, _ in together])
        except Exception as trouble:  # noqa: BLE001 - it belongs to those who asked, not to this loop
            answers = [trouble] * len(together)
        for (_, answered), answer in zip(together, answers, strict=True):
            if answered.done():
                continue  # whoever asked has gone
            if isinstance(answer, Exception):
                answered.set_exception(answer)
            else:
                answered.set_result(answer)


class Grouped:
    """Inserts into a collection and looks by id, many in one command."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._inserts: Gathering[Document, None] = Gathering(self._insert, most=INSERTS_TOGETHER, at_once=LOTS_AT_ONCE)
        self._looks: Gathering[str, Document | None] = Gathering(self._find)

    async def insert_one(self, document: Document) -> None:
        """Insert a document.

        Raises:
            DuplicateKeyError: a unique index holds such a one.
            PyMongoError: the store did not take it, or did not answer.
        """
        await self._inserts.ask(document)

    async def find_by_id(self, id_: str) -> Document | None:
        """The document of this id, as it stands after this was called.

        Raises:
            PyMongoError: the store did not answer.
        """
        return await self._looks.ask(id_)

    async def _insert(self, documents: Sequence[Document]) -> Sequence[Exception | None]:
        if len(documents) == 1:
            await self._collection.insert_one(documents[0])
            return [None]
        try:
            await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as some:
            return _each(some, len(documents))
        return [None] * len(documents)

    async def _find(self, ids: Sequence[str]) -> Sequence[Document | None]:
        if len(ids) == 1:
            return [await self._collection.find_one({"_id": ids[0]})]
        wanted = list(dict.fromkeys(ids))
        found = await self._collection.find({"_id": {"$in": wanted}}).to_list(len(wanted))
        by_id = {document["_id"]: document for document in found}
        return [by_id.get(id_) for id_ in ids]


def _each(some: BulkWriteError, how_many: int) -> list[Exception | None]:
    """What became of each document of an insert of which some were refused.

    Raises:
        BulkWriteError: the same one, when none can be told from the others.
    """
    details = some.details or {}
    if details.get("writeConcernErrors") or not details.get("writeErrors"):
        raise some
    outcomes: list[Exception | None] = [None] * how_many
    for error in details["writeErrors"]:
        kind = DuplicateKeyError if error["code"] == DUPLICATE_KEY else WriteError
        outcomes[error["index"]] = kind(error.get("errmsg", ""), error["code"], error)
    return outcomes
