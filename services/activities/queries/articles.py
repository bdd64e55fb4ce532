"""Reading the knowledge base: everybody sees what is published, who writes articles sees all."""

import asyncio
from dataclasses import dataclass
from typing import Final

from backbone.callers import Caller, Role
from backbone.mongo import DESCENDING, Document
from backbone.outbox import Saved
from backbone.paging import page_of
from backbone.problems import Forbidden, NotFound
from services.activities.domain.article import Article
from services.activities.domain.words import asked_keys, title_hits
from services.activities.store import Store

WRITERS: Final = frozenset({Role.ADMIN, Role.MANAGER, Role.SERVICE})
MOST_RANKED: Final = 200
"""As many of the newest hits are ranked; a question that hits more should be asked more closely."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An article, for how many complaints it was used, and for how many of them it helped."""

    saved: Saved[Article]
    used: int
    helped: int


async def article(store: Store, caller: Caller, article_id: str) -> Shown:
    """One article.

    Raises:
        NotFound: there is none the caller may see.
    """
    _check_reads(caller)
    found = await store.articles.get(article_id)
    if not found.state.published and caller.role not in WRITERS:
        raise NotFound("article", article_id)
    return await _shown(store, found)


async def article_page(
    store: Store,
    caller: Caller,
    *,
    language: str | None,
    product_id: str | None,
    tag: str | None,
    published: bool | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Shown], str | None]:
    """Articles in a language, about a product, with a tag, published or not."""
    wanted = _wanted(caller, language, product_id, tag, published)
    found, following = await page_of(store.articles.collection, wanted, cursor=cursor, limit=limit)
    return await asyncio.gather(*(_shown(store, store.articles.read(one)) for one in found)), following


async def articles_about(
    store: Store,
    caller: Caller,
    question: str,
    *,
    language: str | None,
    product_id: str | None,
    tag: str | None,
    limit: int,
) -> list[Shown]:
    """Articles that hold every word of a question, best first.

    A word in the title weighs most, then for how many complaints the article helped, then the newest.
    """
    keys = asked_keys(question)
    wanted = _wanted(caller, language, product_id, tag, None)
    if not keys:
        return []
    wanted["keys"] = keys[0]
    if keys[1:]:
        wanted["$and"] = [{"keys": key} for key in keys[1:]]
    found = await store.articles.collection.find(wanted).sort("_id", DESCENDING).limit(MOST_RANKED).to_list(MOST_RANKED)
    shown = await asyncio.gather(*(_shown(store, store.articles.read(one)) for one in found))
    return sorted(shown, key=lambda one: (-title_hits(one.saved.state.title, keys), -one.helped))[:limit]


async def edition(store: Store, caller: Caller, article_id: str, number: int) -> Document:
    """What an article said in an earlier edition, or says in the present one.

    Raises:
        NotFound: there is none the caller may see.
    """
    present = (await article(store, caller, article_id)).saved.state
    if number == present.edition:
        return {name: getattr(present, name) for name in ("title", "body", "language", "written_by", "changed_at")}
    kept = await store.editions.find_one({"_id": f"{article_id}|{number}"})
    if kept is None or number > present.edition or caller.role not in WRITERS:
        raise NotFound("edition", f"{article_id}|{number}")
    return kept


async def _shown(store: Store, found: Saved[Article]) -> Shown:
    used, helped = await asyncio.gather(
        store.complaints.collection.count_documents({"state.article_ids": found.id}),
        store.complaints.collection.count_documents({"state.helped_by_ids": found.id}),
    )
    return Shown(found, used, helped)


def _wanted(
    caller: Caller, language: str | None, product_id: str | None, tag: str | None, published: bool | None
) -> Document:
    _check_reads(caller)
    asked = {"state.language": language, "state.product_ids": product_id, "state.tags": tag}
    wanted: Document = {name: value for name, value in asked.items() if value is not None}
    if caller.role not in WRITERS:
        # Who asks for what is not published and may not see it gets nothing.
        wanted["state.published"] = {"$in": []} if published is False else True
    elif published is not None:
        wanted["state.published"] = published
    return wanted


def _check_reads(caller: Caller) -> None:
    if caller.role is Role.PUBLISHER:
        raise Forbidden("wrong-role", "A key with role publisher only sends events; take another one.")
