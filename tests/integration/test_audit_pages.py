"""Whatever happened to one object, page by page, on the real store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from backbone.books import Book, entry_id
from backbone.callers import Caller, Role, Scope
from backbone.contract.ids import new_event_id
from backbone.keyset import Place
from backbone.mongo import ASCENDING, DESCENDING, Database, Document, connect
from backbone.problems import NotFound
from backbone.settings import Settings
from backbone.trail import Question, audit_page, ensure_entry_indexes
from tests.walking import fill, walks_through

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
ADMIN = Caller("k", Role.ADMIN)
LATER_BY = {1: 0, 2: 7, 4: 3, 5: 3, 6: 9}
"""By version, seconds after the first: the clocks of two processes differ, some tell one moment."""
LATEST = [6, 2, 5, 4, 1]


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    client = connect(settings)
    yield client[settings.database("pages")]
    client.close()


@pytest.fixture
async def book(database: Database) -> Book:
    made = Book("firm", database[f"firms-{new_event_id()}"], "owner_id")
    await ensure_entry_indexes(made.entries)
    return made


async def happened(book: Book, object_id: str, version: int | None) -> None:
    """Let an object have its entries; `version` is the one it has now, None = it is gone."""
    if version is not None:
        state = {"owner_id": "li", "team_id": "north", "group_ids": ["east", "mei"]}
        await book.objects.insert_one({"_id": object_id, "version": version, "state": state})
    await book.entries.insert_many(
        [
            {"_id": entry_id(object_id, one), "of": object_id, "v": one, "at": NOW + timedelta(seconds=late)}
            for one, late in LATER_BY.items()
        ]
    )


async def paged(book: Book, question: Question, limit: int) -> list[tuple[str, int]]:
    """The object and the version of each entry, read in pages of so many."""
    read: list[Document] = []
    after: Place | None = None
    while True:
        page, after = await audit_page([book], ADMIN, question, after=after, limit=limit)
        read += page
        if after is None:
            return [(row["of"], row["v"]) for row in read]


@pytest.mark.parametrize("limit", [1, 2, 50])
@pytest.mark.parametrize("version", [6, 5_000, None])
async def test_the_entries_of_an_object_and_of_no_other_come_the_latest_first(
    book: Book, version: int | None, limit: int
) -> None:
    for other in ("firm", "firm-10", "firm-"):
        await happened(book, other, 6)
    await happened(book, "firm-1", version)

    assert await paged(book, Question(subject="firm-1"), limit) == [("firm-1", one) for one in LATEST]


async def test_they_are_asked_by_time_too(book: Book) -> None:
    await happened(book, "firm-1", 6)
    since, until = NOW + timedelta(seconds=3), NOW + timedelta(seconds=9)

    assert await paged(book, Question(subject="firm-1", since=since, until=until), 1) == [
        ("firm-1", one) for one in (2, 5, 4)
    ]


@pytest.mark.parametrize(
    ("caller", "sees"),
    [
        (Caller("k", Role.REP, "li", "north", frozenset({"north"})), True),
        (Caller("k", Role.REP, "wang", "north", frozenset({"north"})), False),
        (Caller("k", Role.REP, "wang", "north", frozenset({"north"}), Scope.TEAM), True),
        (Caller("k", Role.REP, "mei", "south", frozenset({"south"})), True),
        (Caller("k", Role.REP, "bo", "south", frozenset({"south"}), groups=frozenset({"east"})), True),
        (Caller("k", Role.MANAGER, "chen", "south", frozenset({"south"})), False),
        (Caller("k", Role.PUBLISHER), False),
        (Caller("k", Role.VIEWER), True),
    ],
)
async def test_who_may_see_the_object_sees_all_of_it(book: Book, caller: Caller, sees: bool) -> None:
    await happened(book, "firm-1", 6)
    nobodys = Book("key", book.objects, None)

    async def asked() -> list[int]:
        page, _ = await audit_page([book, nobodys], caller, Question(subject="firm-1"), after=None, limit=50)
        return [row["v"] for row in page]

    if sees:
        assert await asked() == LATEST
    else:
        with pytest.raises(NotFound):
            await asked()


async def test_what_is_gone_is_told_to_those_only_who_see_all(book: Book) -> None:
    await happened(book, "firm-1", None)
    li = Caller("k", Role.REP, "li", "north", frozenset({"north"}))

    with pytest.raises(NotFound):
        await audit_page([book], li, Question(subject="firm-1"), after=None, limit=50)


async def test_no_page_of_an_object_walks_through_the_entries_of_others(book: Book) -> None:
    await happened(book, "firm-1", 6)
    await fill(
        book.entries, lambda number: {"_id": entry_id(f"firm-1{number}", 1), "at": NOW - timedelta(hours=number)}
    )
    whole, hers = Question(subject="firm-1"), Question(subject="firm-1", actor="li")
    further = Place(entry_id("firm-1", 4), NOW + timedelta(seconds=3))

    for question, after in ((whole, None), (whole, further), (hers, None), (hers, further)):
        page = partial(audit_page, [book], ADMIN, question, after=after, limit=50)
        assert not await walks_through(book.entries, page), (question, after)


async def test_the_index_of_an_earlier_version_goes(book: Book) -> None:
    await book.entries.create_index([("of", ASCENDING), ("at", DESCENDING)])

    for _ in range(2):
        await ensure_entry_indexes(book.entries)

    assert (await book.entries.index_information()).keys() == {"_id_", "actor_1_at_-1", "at_1__id_1"}
