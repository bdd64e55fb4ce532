"""Reading the knowledge base: everybody sees what is published, who writes articles sees all."""

import asyncio
from dataclasses import dataclass
from typing import Final

from backbone.callers import Caller, Role
from backbone.keyset import both
from backbone.listing import STATE, Rows
from backbone.mongo import DESCENDING, Document
from backbone.outbox import Saved
from backbone.problems import Forbidden, NotFound
from services.activities.domain.article import Article
from services.activities.domain.finding import article_key
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
    return await shown(store, found)


def articles(store: Store, caller: Caller) -> Rows[Saved[Article]]:
    """The articles the caller may see."""
    return Rows(store.articles.collection, _visible(caller), store.articles.read, STATE)


async def shown(store: Store, found: Saved[Article]) -> Shown:
    """An article with how often it was used and helped."""
    there = {"keys": article_key(found.id)}
    used, helped = await asyncio.gather(
        store.complaints.collection.count_documents(there),
        # It was used where it helped: the index of the first serves both.
        store.complaints.collection.count_documents({**there, "state.helped_by_ids": found.id}),
    )
    return Shown(found, used, helped)


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
    asked = {"state.language": language, "state.product_ids": product_id, "state.tags": tag}
    told = {name: value for name, value in asked.items() if value is not None}
    if not keys:
        return []
    wanted = both(told, _visible(caller), *({"keys": key} for key in keys))
    found = await store.articles.collection.find(wanted).sort("_id", DESCENDING).limit(MOST_RANKED).to_list(MOST_RANKED)
    ranked = await asyncio.gather(*(shown(store, store.articles.read(one)) for one in found))
    return sorted(ranked, key=lambda one: (-title_hits(one.saved.state.title, keys), -one.helped))[:limit]


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


def _visible(caller: Caller) -> Document:
    _check_reads(caller)
    return {} if caller.role in WRITERS else {"state.published": True}


def _check_reads(caller: Caller) -> None:
    if caller.role is Role.PUBLISHER:
        raise Forbidden("wrong-role", "A key with role publisher only sends events; take another one.")
