"""The outbox inside the aggregate: a change and its events are one document, one write.

`Aggregates` saves a domain object together with the events its change gave and the audit's
entry of it; `backbone.relay` publishes the events and moves the entries. Shape of a document:

    {_id, version, state: {...}, stamp: "<run>|<number>", parcels: [<what the relay sends>],
     done: [{key, print}], made_by: "<key id>|<idempotency key>"}

`version` grows by one for every event, so an event's `sequence` is the version
right after it. What stands in `parcels` (`backbone.parcels`) stays until the next change, published or not
(docs/decisions, "outbox").
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from backbone.audit import entry
from backbone.books import Book, entries_of, owner_field
from backbone.clock import utc_now
from backbone.contract.envelope import EventData
from backbone.grouping import Grouped
from backbone.idempotency import Attempt, By, Rehearsed
from backbone.mongo import ANY_TEXT, ASCENDING, DESCENDING, Collection, Document, DuplicateKeyError
from backbone.parcels import FIELDS, Leaves, Left
from backbone.problems import Conflict, KeyReused, NotFound
from backbone.relay import Relay, Unwritten
from backbone.sealing import sealed
from backbone.trail import ensure_entry_indexes

T = TypeVar("T")

REMEMBERED_ATTEMPTS: Final = 20
_WORD: Final = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Saved(Generic[T]):
    """A domain object as it stands in the store.

    `replayed` says that an earlier attempt with the same idempotency key had
    already made the change, so that nothing was written this time.
    `left` is what the latest change left for the relay; None = it was not read along.
    """

    id: str
    version: int
    state: T
    done: tuple[Attempt, ...] = ()
    replayed: bool = False
    left: Left | None = None


class Aggregates(Generic[T]):
    """One collection of domain objects of a kind (a frozen dataclass).

    Args:
        collection: where they live.
        kind: the dataclass.
        source: `source` of the events, such as `/services/activities`.
        relay: publishes what each write leaves.
        derived: what else stands in an object's document beside its state, made from it anew with every
            write: keys to search by. Personal data go from there as they go from the state.
    """

    def __init__(
        self,
        collection: Collection,
        kind: type[T],
        *,
        source: str,
        relay: Relay,
        derived: Callable[[T], Document] | None = None,
    ) -> None:
        self.collection = collection
        self._grouped = Grouped(collection)
        self._kind = kind
        self.noun: Final = _WORD.sub(" ", kind.__name__).lower()
        """What an object is called in a sentence: `follow up` for `FollowUp`."""
        self.shared: Final = hasattr(kind, "group_ids")
        """Whether objects of this kind can be given to work groups."""
        self._source = source
        self._derived = derived
        self._relay = relay
        relay.watch(collection)
        relay.books.append(Book(self.noun, collection, owner_field(kind)))

    async def ensure_indexes(self, *listed_by: str) -> None:
        """Make the index the relay finds a crash's leavings by, the one that makes creation idempotent, those of lists.

        Args:
            listed_by: fields of the object that lists ask for, newest object first.
        """
        await self.collection.create_index([("stamp", ASCENDING)])
        await self.collection.create_index(
            [("made_by", ASCENDING)],
            unique=True,
            partialFilterExpression={"made_by": ANY_TEXT},
            name="attempts",  # not made_by_1: an earlier version made that one with another filter
        )
        for name in listed_by:
            await self.collection.create_index([(f"state.{name}", ASCENDING), ("_id", DESCENDING)])
        await ensure_entry_indexes(entries_of(self.collection))

    async def ensure_indexes_where_set(self, **told: Document) -> None:
        """Make the indexes of fields most objects lack: a partial one costs the writes of those hardly anything.

        Args:
            told: what holds of a field that is set, `ANY_TEXT` or `ANY_MOMENT`; who asks by it says so too.
        """
        for name, condition in told.items():
            field = f"state.{name}"
            await self.collection.create_index(
                [(field, ASCENDING), ("_id", ASCENDING)],
                partialFilterExpression={field: condition},
                name=f"set_{name}",  # not the usual name: an earlier version made that one over all objects
            )

    async def get(self, id_: str) -> Saved[T]:
        """The object of this id.

        Raises:
            NotFound: there is none.
        """
        found = await self._grouped.find_by_id(id_)
        if found is None:
            raise NotFound(self.noun, id_)
        return self.read(found)

    def read(self, document: Document) -> Saved[T]:
        """The object in a document of the collection."""
        return Saved(
            id=document["_id"],
            version=document["version"],
            state=msgspec.convert(document["state"], self._kind),
            done=tuple(Attempt(**attempt) for attempt in document.get("done", ())),
            left=Left.of(document) if FIELDS.keys() <= document.keys() else None,
        )

    async def create(
        self, id_: str, state: T, events: Sequence[EventData], *, at: datetime, by: By, at_least: int = 0
    ) -> Saved[T]:
        """Store a new object and its events.

        With an idempotency key the same request again gives the object the
        first one made. An object that an outside event tells of has that event's
        sequence for its version (`at_least`): what is said of it here follows.

        Raises:
            Conflict: another object has this id.
            KeyReused: the idempotency key came with another request before.
            Rehearsed: it would be stored; nobody asked for more (`By.rehearsal`).
        """
        if by.rehearsal:
            await self._rehearse(id_, state)
        version = max(len(events), 1, at_least)
        document: Document = {"_id": id_, "version": version, "state": _plain(state), **self._beside(state)}
        if by.attempt is not None:
            document["made_by"] = by.made_by
            document["done"] = [_plain(by.attempt)]
        leaves = self._leaves(None, state, events, at=at, by=by, version=version)
        try:
            async with self._relay.writing(self.collection, id_, leaves) as left:
                document |= left.fields()
                await self._grouped.insert_one(document)
        except DuplicateKeyError as refused:
            return await self._in_the_way(id_, by, refused)
        return self.read(document)

    async def change(
        self,
        found: Saved[T],
        state: T,
        events: Sequence[EventData],
        *,
        at: datetime,
        by: By,
        at_least: int = 0,
        event_ids: Sequence[str] = (),
    ) -> Saved[T]:
        """Store a changed object and the events of the change, if nobody was faster.

        Args:
            found: the object as it was read.
            state: the object after the change.
            events: what happened; their sequence continues the version.
            at: when it happened.
            by: who does it.
            at_least: the version is no lower afterwards: the sequence of an outside event about the object.
            event_ids: of the events, in their order; new ones by default.

        Raises:
            Conflict: the object has another version by now.
        """
        version = max(found.version + max(len(events), 1), at_least)
        done = found.done if by.attempt is None else (*found.done, by.attempt)
        leaves = self._leaves(found.state, state, events, at=at, by=by, version=version, ids=event_ids)
        update: Document = {
            "version": version,
            "state": _plain(state),
            **self._beside(state),
            "done": [_plain(attempt) for attempt in _remembered(done)],
        }
        try:
            before = found.left or await self._left(found)
            async with self._relay.writing(self.collection, found.id, leaves, before) as left:
                update |= left.fields()
                as_read = {"_id": found.id, "version": found.version}
                written = await self.collection.update_one(as_read, {"$set": update})
                if not written.modified_count:
                    raise Unwritten
        except Unwritten:
            now = await self.get(found.id)
            raise Conflict(self.noun, found.id, now.version) from None
        return Saved(found.id, version, state, done, left=left)

    async def _left(self, found: Saved[T]) -> Left | None:
        """What stands in the document of an object that was read without it; None where nothing does.

        Raises:
            Unwritten: the object has another version by now.
        """
        present = await self.collection.find_one({"_id": found.id, "version": found.version}, FIELDS)
        if present is None:
            raise Unwritten
        return Left.of(present) if "stamp" in present else None

    def replay(self, found: Saved[T], by: By) -> Saved[T] | None:
        """The object as it stands when this very request changed it before, else None.

        Raises:
            KeyReused: the idempotency key came with another request before.
        """
        for attempt in found.done:
            if by.attempt is not None and attempt.key == by.attempt.key:
                if attempt.print != by.attempt.print:
                    raise KeyReused(attempt.key)
                return Saved(found.id, found.version, found.state, found.done, replayed=True)
        return None

    async def _rehearse(self, id_: str, state: T) -> None:
        if (present := await self.collection.find_one({"_id": id_}, {"version": 1})) is not None:
            raise Conflict(self.noun, id_, present["version"])
        raise Rehearsed(id_, state)

    async def made_before(self, by: By) -> Saved[T] | None:
        """What this very request made when it came before; whoever looks for likenesses asks this first.

        Raises:
            KeyReused: the idempotency key came with another request before.
        """
        if by.attempt is None:
            return None
        earlier = await self.collection.find_one({"made_by": by.made_by})
        return None if earlier is None else self.replay(self.read(earlier), by)

    async def _in_the_way(self, id_: str, by: By, refused: DuplicateKeyError) -> Saved[T]:
        if again := await self.made_before(by):
            return again
        if (present := await self.collection.find_one({"_id": id_})) is not None:
            raise Conflict(self.noun, id_, present["version"]) from refused
        raise refused

    def _beside(self, state: T) -> Document:
        return self._derived(state) if self._derived else {}

    def _leaves(
        self,
        before: T | None,
        after: T,
        events: Sequence[EventData],
        *,
        at: datetime,
        by: By,
        version: int,
        ids: Sequence[str] = (),
    ) -> Leaves:
        """What a change leaves for the relay: its events and its entry of the audit."""
        recorded = utc_now()
        told = [event.type for event in events]
        rows = sealed(events, source=self._source, at=at, recorded=recorded, by=by, version=version, ids=ids)
        return Leaves(rows, [entry(before, after, told, version=version, at=at, recorded=recorded, by=by)])


def _remembered(done: Sequence[Attempt]) -> Sequence[Attempt]:
    """The first attempt, which may have made the object, and the latest ones."""
    return done if len(done) <= REMEMBERED_ATTEMPTS else (done[0], *done[1 - REMEMBERED_ATTEMPTS :])


def _plain(value: object) -> Any:
    """A dataclass as the document store takes it: datetimes stay, dates become text."""
    return msgspec.to_builtins(value, builtin_types=(datetime, bytes))
