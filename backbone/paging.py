"""Lists by cursor: a page holds items and the cursor of the next one.

The cursor is the last id seen, made opaque so that clients do not build on its
inside. Ids are UUIDv7, so the order is the order of creation, newest first;
objects that appear or vanish meanwhile never make a page repeat or skip others.
"""

import base64
import binascii
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from backbone.mongo import DESCENDING, Collection, Document
from backbone.problems import Refused

T = TypeVar("T")

MAX_LIMIT: Final = 200

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Most items of one page.")]
Cursor = Annotated[str | None, Query(max_length=400, description="`next` of the page before.")]


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(None, description="Cursor of the next page; null on the last one.")
    total: int | None = Field(
        None, description="How many there are on all pages; null unless `count=true` asked for it."
    )


async def page_of(
    collection: Collection, wanted: Document, *, cursor: str | None, limit: int
) -> tuple[list[Document], str | None]:
    """The documents of one page, newest first, and the next page's cursor.

    Args:
        collection: where to look.
        wanted: the filter, without a condition on `_id`.
        cursor: of the page before, or None for the first.
        limit: most documents.

    Raises:
        Refused: the cursor is not one of ours.
    """
    conditions = dict(wanted)
    if cursor is not None:
        conditions["_id"] = {"$lt": _opened(cursor)}
    found = await collection.find(conditions).sort("_id", DESCENDING).limit(limit + 1).to_list(limit + 1)
    more = len(found) > limit
    page = found[:limit]
    return page, _closed(page[-1]["_id"]) if more else None


def _closed(id_: str) -> str:
    return base64.urlsafe_b64encode(id_.encode()).decode().rstrip("=")


def _opened(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError) as broken:
        raise Refused("bad-cursor", "The cursor is damaged; start at the first page.", field="cursor") from broken
