"""Reading the audit: who did what for whom, always within the row scope of the objects.

An entry (see `backbone.audit.entry`) is kept beside the objects, in `<objects>_audit`:

    {_id: "<object>|<version>", of: object, v: version, at, happened_at, actor, for?, request, cause?, imported?,
     did: [types of events], before: {path: value}, after: {path: value}, withheld: [path],
     owner_id?, team_id?, group_ids?}

One sees the audit of what one may see: of a named object, everything that ever happened to it; without naming
one, what happened while it was, and still is, in one's scope. What belongs to nobody (teams, keys,
pipelines) is for those who may do everything.
"""

import asyncio
import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from backbone.books import Book, entries_about
from backbone.callers import Caller, Role
from backbone.keyset import Order, Place, both, place_of, stretch
from backbone.mongo import ASCENDING, DESCENDING, Collection, Document, drop_index
from backbone.problems import NotFound

LATEST_FIRST: Final = Order("at", falling=True, kind=datetime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is looked for in the audit; None asks for nothing.

    `since` is the first moment, `until` the first one after them.
    """

    subject: str | None = None
    actor: str | None = None
    noun: str | None = None
    request: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def condition(self) -> Document:
        """As a filter of entries, whatever object they are about."""
        told = {"actor": self.actor, "request": self.request}
        moments = {"$gte": self.since, "$lt": self.until}
        bounds = {step: moment for step, moment in moments.items() if moment is not None}
        asked: Document = {name: value for name, value in told.items() if value is not None}
        return {**asked, "at": bounds} if bounds else asked


async def ensure_entry_indexes(entries: Collection) -> None:
    """Make what the audit of one kind of objects is looked up by.

    Row scope is not: it asks for owner or groups, and no index helps the one where none helps the other. Nor
    is the object: its entries are found by their ids.
    """
    await entries.create_index([("actor", ASCENDING), ("at", DESCENDING)])
    await entries.create_index([("at", ASCENDING), ("_id", ASCENDING)])
    await drop_index(entries, "of_1_at_-1")  # an earlier version asked by it; every entry would go on paying for it


async def audit_page(
    books: Sequence[Book], caller: Caller, question: Question, *, after: Place | None, limit: int
) -> tuple[list[Document], Place | None]:
    """The entries a caller may see, the latest first, each with its `noun`; and where the next page begins.

    Args:
        books: the audit of every kind of objects of the service.
        caller: whose scope holds.
        question: what is looked for.
        after: where the page before ended.
        limit: most entries; there may be fewer although more follow, where some are out of his sight.

    Raises:
        NotFound: an object was named that the caller may not see.
    """
    asked = [book for book in books if question.noun in (None, book.noun) and _opens(book, caller)]
    condition = question.condition()
    if question.subject is not None:
        wanted = [(book, both(about, condition)) for book, about in await _about(asked, caller, question.subject)]
    else:
        wanted = [(book, both(condition, caller.rows("", shared=True))) for book in asked]
    found = await asyncio.gather(*(_entries(book, entries, after, limit + 1) for book, entries in wanted))
    merged = list(heapq.merge(*found, key=lambda row: (row["at"], row["_id"]), reverse=True))
    page = merged[:limit]
    following = place_of(page[-1], LATEST_FIRST) if len(merged) > limit else None
    if question.subject is not None or caller.sees_all:
        return page, following
    seen: set[tuple[str, str]] = set()
    for book in asked:
        ids = sorted({row["of"] for row in page if row["noun"] == book.noun})
        seen |= {(book.noun, id_) for id_ in await _visible(book, caller, ids)}
    return [row for row in page if (row["noun"], row["of"]) in seen], following


def _opens(book: Book, caller: Caller) -> bool:
    return book.owner is not None or caller.role in (Role.ADMIN, Role.PLATFORM)


async def _about(books: Sequence[Book], caller: Caller, id_: str) -> list[tuple[Book, Document]]:
    """The books that tell of an object, each with the condition on its entries.

    Raises:
        NotFound: the caller may not see it.
    """
    versions = zip(books, await asyncio.gather(*(_version(book, caller, id_) for book in books)), strict=True)
    present = [(book, entries_about(id_, version)) for book, version in versions if version is not None]
    if not present and not caller.sees_all:
        raise NotFound("object", id_)
    # Of what is there no more the audit still tells; whoever sees all may look into it.
    return present or [(book, entries_about(id_, None)) for book in books]


async def _entries(book: Book, wanted: Document, after: Place | None, limit: int) -> list[Document]:
    rows = await stretch(book.entries, wanted, LATEST_FIRST, after, limit)
    return [{**row, "noun": book.noun} for row in rows]


async def _version(book: Book, caller: Caller, id_: str) -> int | None:
    """The version of an object as it stands now; None where there is none, or none the caller may see."""
    # By its id alone, and the scope afterwards: beside an `$or` the embedded store does not look for the id.
    row = await book.objects.find_one({"_id": id_}, {"version": 1, "state": 1})
    if row is None:
        return None
    state, owner = row["state"], book.owner
    seen = caller.may_see(state.get(owner) if owner else None, state.get("team_id"), state.get("group_ids") or ())
    return int(row["version"]) if seen else None


async def _visible(book: Book, caller: Caller, ids: Iterable[str]) -> set[str]:
    """Those of the objects that the caller may see as they stand now."""
    wanted = list(ids)
    if not wanted or book.owner is None:
        return set(wanted)
    scope = caller.rows(owner=book.owner, shared=True)
    rows = await book.objects.find(both({"_id": {"$in": wanted}}, scope), {"_id": 1}).to_list(None)
    return {row["_id"] for row in rows}
