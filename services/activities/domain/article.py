"""An article of the knowledge base: how a complaint of some kind is solved, in Markdown."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What an article says; `body` is Markdown, `language` a BCP 47 tag such as `en` or `zh-CN`."""

    title: str
    body: str
    language: str
    product_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article as it stands; `edition` grows with each change of its wording.

    Only a published one is shown to everybody.
    """

    article_id: str
    title: str
    body: str
    language: str
    product_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: bool = False
    edition: int = 1
    written_by: str
    created_at: datetime
    changed_at: datetime


def write_article(article_id: str, wording: Wording, *, published: bool, written_by: str, now: datetime) -> Article:
    """A new article."""
    return Article(
        article_id=article_id,
        **asdict(wording),
        published=published,
        written_by=written_by,
        created_at=now,
        changed_at=now,
    )


def revise_article(article: Article, wording: Wording, *, published: bool, written_by: str, now: datetime) -> Article:
    """An article with another wording, or published, or taken from view; the same wording is no new edition."""
    if wording == wording_of(article):
        return replace(article, published=published)
    return replace(
        article,
        **asdict(wording),
        published=published,
        edition=article.edition + 1,
        written_by=written_by,
        changed_at=now,
    )


def wording_of(article: Article) -> Wording:
    """What an article says."""
    return Wording(
        title=article.title,
        body=article.body,
        language=article.language,
        product_ids=article.product_ids,
        tags=article.tags,
    )
