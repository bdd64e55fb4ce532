"""Lists of what stands in deals (contracts, instalments): pages and `limit` go by deal, items are the parts."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

from fastapi import Response
from pydantic import BaseModel

from backbone.listing import Asked, Rows
from backbone.paging import Page
from backbone.sheets import Sheet, sheet_response

T = TypeVar("T")
V = TypeVar("V", bound=BaseModel)


async def listed_parts(asked: Asked, rows: Rows[list[T]], view: type[V], show: Callable[[T], V]) -> Page[V] | Response:
    """The answer of such a list: a page, or all parts as a sheet.

    Args:
        asked: what the request asks for.
        rows: the deals the caller may see, each read as its parts.
        view: how a part is shown; the columns of a sheet are its fields.
        show: a part as it is shown.
    """
    if asked.format == "json":
        found = await rows.page(asked)
        return Page(items=[show(one) for parts in found.items for one in parts], next=found.next, total=found.total)

    async def shown() -> AsyncIterator[Sequence[BaseModel]]:
        async for some in rows.every(asked):
            yield [show(one) for parts in some for one in parts]

    return await sheet_response(Sheet(asked.name, view, asked.zone), asked.format, shown())
