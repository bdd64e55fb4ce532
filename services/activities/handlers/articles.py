"""What can be done with an article of the knowledge base."""

from datetime import datetime

from backbone.outbox import Saved
from backbone.rows import to_change
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import article as articles
from services.activities.domain.article import Article, Wording


async def write_article(
    desk: Desk, asks: Asks, article_id: str, wording: Wording, *, published: bool
) -> Saved[Article]:
    """Add an article."""
    now: datetime = desk.now()
    state = articles.write_article(article_id, wording, published=published, written_by=asks.by.actor, now=now)
    return await desk.store.articles.create(article_id, state, [], at=now, by=asks.by)


async def revise_article(
    desk: Desk, asks: Asks, article_id: str, version: int, wording: Wording, *, published: bool
) -> Saved[Article]:
    """Change an article; what it said before is kept as an edition of its own.

    Raises:
        NotFound: there is none.
        Conflict: it has another version by now.
    """
    found = await to_change(desk.store.articles, asks, article_id, version)
    if found.replayed:
        return found
    now = desk.now()
    state = articles.revise_article(found.state, wording, published=published, written_by=asks.by.actor, now=now)
    # First the old edition: whoever loses the race below has only written what stood there anyway.
    await desk.store.keep_edition(found.state)
    return await desk.store.articles.change(found, state, [], at=now, by=asks.by)
