"""What every list can be asked for: filters, ranges, sort, cursor, limit, count, and its rows as a sheet.

A service says once what one of its lists can be asked for:

    LEADS = Listing(
        "leads",
        order={"created_at": datetime, "value_estimate": int},
        equal={"owner_id": str, "state": LeadState},
    )

and takes it as a dependency: `asked: Annotated[Asked, Depends(LEADS)]`. Only what is named can be asked for. A
field of `order` can be sorted by (`sort=created_at`, `sort=-created_at`) and, unless it is text, bounded:
`created_from` and `created_to`, `value_estimate_from` and `value_estimate_to`.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Final, Generic, Literal, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from backbone.bodies import view_of
from backbone.callers import Caller
from backbone.contract.fields import Day, Moment
from backbone.keyset import NEWEST_FIRST, Order, Place, both, closed, every, opened, place_of, stretch
from backbone.mongo import Collection, Document
from backbone.outbox import Aggregates, Saved
from backbone.paging import Cursor, Limit, Page
from backbone.rows import Row
from backbone.sheets import SHEETS, Format, Sheet, sheet_response

T = TypeVar("T")
R = TypeVar("R", bound=Row)
V = TypeVar("V", bound=BaseModel)

EXPORTS: Final = SHEETS
"""For `responses=` of a list's route: what else it may answer."""

_KINDS: Final[Mapping[type, Any]] = {
    datetime: Moment,
    date: Day,
    int: Annotated[int, Field(ge=-(2**53), le=2**53)],
    float: Annotated[float, Field(allow_inf_nan=False)],
    str: Annotated[str, Field(max_length=300)],
}
_LIMIT: Final = 50

STATE: Final = {"version": 1, "state": 1}
"""An aggregate's document without what only writes need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one request asks of a list.

    `where` is the filter as the store takes it, `zone` the organisation's, for the moments of a sheet.
    """

    name: str
    where: Document = field(default_factory=dict)
    order: Order = NEWEST_FIRST
    after: Place | None = None
    limit: int = _LIMIT
    count: bool = False
    format: Format = "json"
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """One page of a list, the cursor of the next one, and how many there are on all of them, if that was asked."""

    items: list[T]
    next: str | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """The rows somebody may see of a collection.

    Args:
        collection: where they are.
        scope: what he may see.
        read: a document to what is listed.
        fields: what is wanted of each document; None = all.
    """

    collection: Collection
    scope: Document
    read: Callable[[Document], T]
    fields: Mapping[str, int] | None = None

    async def page(self, asked: Asked) -> Found[T]:
        """One page."""
        wanted = both(asked.where, self.scope)
        documents = await stretch(self.collection, wanted, asked.order, asked.after, asked.limit + 1, self.fields)
        page = documents[: asked.limit]
        following = closed(asked.order, place_of(page[-1], asked.order)) if len(documents) > asked.limit else None
        total = await self.collection.count_documents(wanted) if asked.count else None
        return Found([self.read(document) for document in page], following, total)

    async def every(self, asked: Asked) -> AsyncIterator[list[T]]:
        """All of them, some at a time, whatever the limit."""
        async for documents in every(self.collection, both(asked.where, self.scope), asked.order, self.fields):
            yield [self.read(document) for document in documents]


class Listing:
    """What one list can be asked for; a FastAPI dependency that gives `Asked`.

    Args:
        name: of the list, such as `leads`; a sheet is called like it.
        order: by field that can be sorted by and bounded, the kind of its values: datetime, date, int, float, str.
        equal: by field that can be filtered by, the kind of its values.
        prefix: before the names of the fields where they are stored.
        stored: where a field is stored under another name, by its name here.
        default: the `sort` of a request that names none; None = newest first.
    """

    def __init__(
        self,
        name: str,
        *,
        order: Mapping[str, type],
        equal: Mapping[str, Any] | None = None,
        prefix: str = "state.",
        stored: Mapping[str, str] | None = None,
        default: str | None = None,
    ) -> None:
        self.name = name
        self._order = dict(order)
        self._equal = dict(equal or {})
        self._prefix = prefix
        self._stored = dict(stored or {})
        self._default = default
        self.__signature__ = inspect.Signature(self._parameters(), return_annotation=Asked)

    @property
    def ordered_by(self) -> tuple[str, ...]:
        """The stored fields that want an index (field, `_id`)."""
        return tuple(self._field(name) for name in self._order)

    async def __call__(self, request: Request, **given: Any) -> Asked:
        """What a request asks for.

        Raises:
            Refused: the cursor is damaged or belongs to another order.
        """
        order = self._order_of(given["sort"])
        return Asked(
            name=self.name,
            where=self._where(given),
            order=order,
            after=None if given["cursor"] is None else opened(order, given["cursor"]),
            limit=given["limit"],
            count=given["count"],
            format=given["format"],
            zone=request.app.state.settings.zone,
        )

    def _order_of(self, asked: str | None) -> Order:
        sort = asked or self._default
        if sort is None:
            return NEWEST_FIRST
        name = sort.removeprefix("-")
        kind = self._order[name]
        # A day is stored as text.
        return Order(self._field(name), sort.startswith("-"), str if kind is date else kind)

    def _where(self, given: Mapping[str, Any]) -> Document:
        where: Document = {}
        for name in self._equal:
            if (wanted := given[name]) is not None:
                where[self._field(name)] = wanted.value if isinstance(wanted, Enum) else wanted
        for name, kind in self._order.items():
            bounds = {
                step: _stored(wanted)
                for step, parameter in _bounds(name, kind).items()
                if (wanted := given[parameter]) is not None
            }
            if bounds:
                where = both(where, {self._field(name): bounds})
        return where

    def _field(self, name: str) -> str:
        return self._stored.get(name, f"{self._prefix}{name}")

    def _parameters(self) -> list[inspect.Parameter]:
        told = [_parameter("request", Request)]
        for name, kind in self._equal.items():
            told.append(_parameter(name, Annotated[_kind(kind) | None, Query()], None))
        for name, kind in self._order.items():
            for step, parameter in _bounds(name, kind).items():
                words = f"Only with `{name}` {_WORDS[step]}."
                told.append(_parameter(parameter, Annotated[_kind(kind) | None, Query(description=words)], None))
        ways = tuple(f"{way}{name}" for name in self._order for way in ("", "-"))
        if ways:
            usual = f"`{self._default}`" if self._default else "newest first"
            words = f"A field to sort by, `-` before it for the largest first; {usual} by default."
            told.append(_parameter("sort", Annotated[Literal[ways] | None, Query(description=words)], None))
        else:
            told.append(_parameter("sort", Annotated[None, Query(include_in_schema=False)], None))
        shape = "`csv` or `xlsx`: every row that is asked for as a sheet, not one page."
        told += [
            _parameter("cursor", Cursor, None),
            _parameter("limit", Limit, _LIMIT),
            _parameter("count", Annotated[bool, Query(description="Also tell how many there are.")], default=False),
            _parameter("format", Annotated[Format, Query(description=shape)], "json"),
        ]
        return told


def rows_of(rows: Aggregates[R], caller: Caller, also: Document | None = None) -> Rows[Saved[R]]:
    """The objects of a collection in the caller's row scope.

    Args:
        rows: where they live.
        caller: whose scope.
        also: what they must meet besides.
    """
    scope = caller.rows(shared=rows.shared)
    return Rows(rows.collection, both(also or {}, scope), rows.read, STATE)


async def listed(
    asked: Asked, rows: Rows[T], view: type[V], show: Callable[[T], V | Awaitable[V]]
) -> Page[V] | Response:
    """The answer of a list: a page, or all rows as a sheet.

    Args:
        asked: what the request asks for.
        rows: those the caller may see.
        view: how a row is shown; the columns of a sheet are its fields.
        show: a row as it is shown; it may ask for more.
    """

    async def made(items: Sequence[T]) -> list[V]:
        views = [show(item) for item in items]
        return [one if isinstance(one, BaseModel) else await one for one in views]

    if asked.format == "json":
        found = await rows.page(asked)
        return Page(items=await made(found.items), next=found.next, total=found.total)

    async def shown() -> AsyncIterator[Sequence[BaseModel]]:
        async for some in rows.every(asked):
            yield await made(some)

    return await sheet_response(Sheet(asked.name, view, asked.zone), asked.format, shown())


async def views(asked: Asked, rows: Rows[Saved[Any]], view: type[V]) -> Page[V] | Response:
    """The answer of a list of aggregates: the view's fields of each, with its version."""
    return await listed(asked, rows, view, lambda saved: view_of(view, saved))


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _kind(kind: Any) -> Any:
    return _KINDS.get(kind, kind)


def _bounds(name: str, kind: type) -> dict[str, str]:
    """The parameters that bound a field, by what they ask of it; an end that is a moment is not part of the range."""
    if kind is str:
        return {}
    stem = name.removesuffix("_at").removesuffix("_on")
    return {"$gte": f"{stem}_from", ("$lt" if kind is datetime else "$lte"): f"{stem}_to"}


_WORDS: Final = {"$gte": "from here on", "$lt": "before this moment", "$lte": "up to this, itself included"}


def _stored(value: object) -> object:
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value
