"""The knowledge base over HTTP."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from backbone.auth import allowed
from backbone.bodies import Body, Change, mark_replayed, view_of
from backbone.callers import Role
from backbone.contract.fields import Code, Id, Text
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.outbox import Saved
from backbone.paging import Limit, Page
from backbone.web import Asking, Calling
from services.activities.api.door import AtDesk
from services.activities.domain.article import Article, Wording
from services.activities.handlers import articles as handlers
from services.activities.queries import articles as queries
from services.activities.queries.articles import Shown

router = APIRouter(prefix="/articles", tags=["knowledge base"])

ARTICLES: Final = Listing(
    "articles",
    order={"title": str, "created_at": datetime, "changed_at": datetime},
    equal={"language": str, "product_id": str, "tag": str, "published": bool, "written_by": str},
    stored={"product_id": "state.product_ids", "tag": "state.tags"},
)
WRITERS: Final = [Depends(allowed(Role.MANAGER, Role.SERVICE))]

Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", max_length=35)]


class ArticleToWrite(Body):
    """What an article says."""

    title: Text = Field(examples=["The pump loses pressure"])
    body: Annotated[str, Field(min_length=1, max_length=50_000)] = Field(
        description="Markdown.", examples=["Check the seal first.\n\n1. Close the valve\n2. Open the lid"]
    )
    language: Language = Field(description="BCP 47.", examples=["en", "zh-CN"])
    product_ids: Annotated[tuple[Id, ...], Field(strict=False, max_length=100)] = ()
    tags: Annotated[tuple[Code, ...], Field(strict=False, max_length=50)] = ()
    published: bool = Field(False, description="Whether everybody sees it; until then admins, managers and service.")

    def wording(self) -> Wording:
        """The same as the domain has it."""
        return Wording(
            title=self.title,
            body=self.body,
            language=self.language,
            product_ids=self.product_ids,
            tags=self.tags,
        )


class ArticleToRevise(Change, ArticleToWrite):
    """What an article says from now on, whole."""


class ListedArticle(BaseModel):
    """An article of the knowledge base, as a list shows it."""

    article_id: str
    version: int = Field(description="Name it when you change the article.")
    title: str
    body: str
    language: str
    product_ids: list[str]
    tags: list[str]
    published: bool
    edition: int = Field(description="Grows with each change of the wording; earlier ones can be read.")
    written_by: str
    created_at: datetime
    changed_at: datetime


class ArticleView(ListedArticle):
    """An article of the knowledge base."""

    used: int = Field(description="Complaints it was linked to.")
    helped: int = Field(description="Complaints it helped to solve.")


class EditionView(BaseModel):
    """What an article said in one edition."""

    article_id: str
    edition: int
    title: str
    body: str
    language: str
    written_by: str
    changed_at: datetime


@router.post("", status_code=201, summary="Write an article", dependencies=WRITERS)
async def write_article(body: ArticleToWrite, desk: AtDesk, asks: Asking, response: Response) -> ArticleView:
    """For admins, managers and service; published, everybody finds it."""
    saved = await handlers.write_article(desk, asks, new_event_id(), body.wording(), published=body.published)
    return await _answer(desk, asks, saved, response)


@router.get("", summary="List articles", response_model=Page[ListedArticle], responses=EXPORTS)
async def list_articles(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(ARTICLES)]
) -> Page[ListedArticle] | Response:
    """Articles the caller may see, newest first."""
    return await views(asked, queries.articles(desk.store, caller), ListedArticle)


@router.get("/search", summary="Search articles by words")
async def search_articles(
    desk: AtDesk,
    caller: Calling,
    q: Annotated[str, Query(min_length=1, max_length=200, description="Every word must be there; 中文 too.")],
    language: str | None = None,
    product_id: str | None = None,
    tag: str | None = None,
    limit: Limit = 20,
) -> Page[ArticleView]:
    """Articles that hold every word, best first: a word in the title weighs most, then how often it helped.

    The beginning of a word of the title or a tag is enough, from three letters on.
    """
    found = await queries.articles_about(
        desk.store, caller, q, language=language, product_id=product_id, tag=tag, limit=limit
    )
    return Page(items=[_view(shown) for shown in found], next=None)


@router.get("/{article_id}", summary="Read an article")
async def read_article(article_id: str, desk: AtDesk, caller: Calling) -> ArticleView:
    """One article as it stands, with how often it was used and helped."""
    return _view(await queries.article(desk.store, caller, article_id))


@router.get("/{article_id}/editions/{number}", summary="Read an edition of an article", dependencies=WRITERS)
async def read_edition(
    article_id: str, number: Annotated[int, Path(ge=1, le=1_000_000)], desk: AtDesk, caller: Calling
) -> EditionView:
    """What it said then; for admins, managers and service."""
    found = await queries.edition(desk.store, caller, article_id, number)
    names = EditionView.model_fields.keys() - {"article_id", "edition"}
    return EditionView(article_id=article_id, edition=number, **{name: found[name] for name in names})


@router.put("/{article_id}", summary="Change an article", dependencies=WRITERS)
async def revise_article(
    article_id: str, body: ArticleToRevise, desk: AtDesk, asks: Asking, response: Response
) -> ArticleView:
    """The whole article anew; what it said before is kept as an edition."""
    saved = await handlers.revise_article(
        desk, asks, article_id, body.version, body.wording(), published=body.published
    )
    return await _answer(desk, asks, saved, response)


async def _answer(desk: AtDesk, asks: Asking, saved: Saved[Article], response: Response) -> ArticleView:
    mark_replayed(saved, response)
    return _view(await queries.article(desk.store, asks.caller, saved.id))


def _view(shown: Shown) -> ArticleView:
    return view_of(ArticleView, shown.saved, used=shown.used, helped=shown.helped)
