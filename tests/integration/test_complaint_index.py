"""What complaints are looked up by, also those an earlier version stored, on the real store."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backbone.idempotency import By
from backbone.mongo import ANY_MOMENT, ANY_TEXT
from backbone.outbox import Aggregates, Saved
from backbone.service import Backbone, opened
from backbone.settings import Settings
from backbone.testing import separate
from services.activities.complaint_index import EARLIER
from services.activities.domain.article import Article
from services.activities.domain.story import Complaint
from services.activities.queries.articles import shown
from services.activities.queries.complaint_forms import came_by
from services.activities.queries.complaints import due_complaints
from services.activities.store import SOURCE, Store
from tests.walking import fill, walks_through

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
AN_HOUR_AGO, YESTERDAY, TOMORROW = (NOW + timedelta(hours=hours) for hours in (-1, -24, 24))
BY = By(actor="key:test", request_id="r1")
OPEN = Complaint(
    complaint_id="open", owner_id=None, team_id=None, since=NOW, owned_since=NOW, opened_at=NOW, recorded_at=NOW
)
ARTICLE = Saved(
    "a",
    1,
    Article(article_id="a", title="t", body="b", language="en", written_by="li", created_at=NOW, changed_at=NOW),
)
STORED = [
    OPEN,
    replace(OPEN, complaint_id="resolved", state="resolved", close_at=AN_HOUR_AGO),
    replace(OPEN, complaint_id="paused", state="paused", resume_at=YESTERDAY),
    replace(OPEN, complaint_id="resolved-just-now", state="resolved", close_at=TOMORROW),
    replace(OPEN, complaint_id="paused-for-good", state="paused"),
    replace(OPEN, complaint_id="by-form", form_id="f-1", article_ids=("a-1", "a-2"), helped_by_ids=("a-2",)),
    replace(OPEN, complaint_id="by-form-too", form_id="f-1", article_ids=("a-1",), recorded_at=YESTERDAY),
]


@pytest.fixture
async def backbone(settings: Settings) -> AsyncIterator[Backbone]:
    async with opened("activities", separate(settings.kafka, settings.mongo)) as backbone:
        yield backbone


async def stored(complaints: Aggregates[Complaint]) -> None:
    for one in STORED:
        await complaints.create(one.complaint_id, one, [], at=NOW, by=BY)


async def found(store: Store) -> dict[str, object]:
    """What is found by timer, form and article."""
    looks = [await shown(store, replace(ARTICLE, id=article_id)) for article_id in ("a-1", "a-2", "a-3")]
    return {
        "due": [one.id for one in await due_complaints(store, NOW)],
        "came by the form": [await came_by(store, "f-1", since) for since in (YESTERDAY, AN_HOUR_AGO)],
        "used and helped": [(look.used, look.helped) for look in looks],
    }


FOUND = {
    "due": ["paused", "resolved"],
    "came by the form": [2, 1],
    "used and helped": [(2, 0), (1, 1), (0, 0)],
}


async def test_complaints_are_found_by_timer_form_and_article(backbone: Backbone) -> None:
    store = Store(backbone)
    await store.ensure_indexes()

    await stored(store.complaints)

    assert await found(store) == FOUND


async def test_so_are_those_an_earlier_version_stored_or_changed_in_between(backbone: Backbone) -> None:
    earlier = Aggregates(backbone.database["complaints"], Complaint, source=SOURCE, relay=backbone.relay)
    store = Store(backbone)
    await earlier.ensure_indexes_where_set(
        close_at=ANY_MOMENT, resume_at=ANY_MOMENT, form_id=ANY_TEXT, article_ids=ANY_TEXT
    )
    await stored(earlier)

    await store.ensure_indexes()
    first = await found(store)
    await earlier.ensure_indexes_where_set(close_at=ANY_MOMENT)  # it starts once more, and reopens one
    resolved = await earlier.get("resolved")
    await earlier.change(resolved, replace(resolved.state, state="open", close_at=None), [], at=NOW, by=BY)
    meanwhile = [one.id for one in await due_complaints(store, NOW)]
    await store.ensure_indexes()

    assert first == FOUND
    assert meanwhile == ["paused"], "what was reopened is not due, whatever stands beside it"
    assert [one.id for one in await due_complaints(store, NOW)] == ["paused"]
    assert EARLIER.keys().isdisjoint(await store.complaints.collection.index_information())


async def test_nobody_walks_through_all_complaints(backbone: Backbone) -> None:
    store = Store(backbone)
    await store.ensure_indexes()
    await stored(store.complaints)
    complaints = store.complaints.collection
    plain = await complaints.find_one({"_id": "open"})
    assert plain is not None
    await fill(complaints, lambda number: {**plain, "_id": f"open-{number}", "stamp": f"{number}"})

    assert not await walks_through(complaints, lambda: due_complaints(store, NOW))
    assert not await walks_through(complaints, lambda: came_by(store, "f-1", AN_HOUR_AGO))
    assert not await walks_through(complaints, lambda: shown(store, ARTICLE))
