"""Walking through documents in an order, page by page, from where the page before ended.

An order is a field and the id, so that it is the same each time; documents that appear or vanish
meanwhile never make a page repeat or skip others. Each page is one or a few short walks along an index
(field, `_id`): never a skip, never a sort of all that matches, and no `$or` over the cursor, which not
every store finds an index for.
"""

import base64
import binascii
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeGuard

import msgspec

from backbone.clock import epoch_ms, from_epoch_ms
from backbone.mongo import ASCENDING, DESCENDING, Collection, Document
from backbone.problems import Refused

AT_ONCE: Final = 500
"""Documents of an export in memory at once."""

LEAST: Final[Mapping[type, Any]] = {
    datetime: datetime(1, 1, 1, tzinfo=UTC),
    int: -(2**63),
    float: float("-inf"),
    str: "",
}
"""By kind, what nothing that is there lies below; null lies below all of them."""


@dataclass(frozen=True, slots=True)
class Order:
    """By which field documents are put in order; those that do not have it come last, whichever way.

    Args:
        field: as it is stored, such as `state.created_at`; `_id` alone is the order of creation.
        falling: the largest first.
        kind: of the field's values.
    """

    field: str = "_id"
    falling: bool = True
    kind: type = str


NEWEST_FIRST: Final = Order()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the last document's id, and its value in the order's field."""

    id: str
    value: Any = None


def both(*conditions: Document) -> Document:
    """What meets all of the conditions, in as few levels as can be: not every store looks into `$and` for an index."""
    merged: Document = {}
    apart: list[Document] = []
    for condition in conditions:
        for name, wanted in condition.items():
            present = merged.get(name, wanted)
            if present == wanted:
                merged[name] = wanted
            elif _steps(present) and _steps(wanted) and not present.keys() & wanted.keys():
                merged[name] = {**present, **wanted}
            else:
                apart.append({name: wanted})
    return {**merged, "$and": [*merged.get("$and", ()), *apart]} if apart else merged


async def stretch(
    collection: Collection,
    wanted: Document,
    order: Order,
    after: Place | None,
    limit: int,
    fields: Mapping[str, int] | None = None,
) -> list[Document]:
    """The next documents in an order.

    Args:
        collection: where they are.
        wanted: the filter.
        order: in which they come.
        after: where the page before ended; None = from the beginning.
        limit: most documents.
        fields: what is wanted of each; None = all.
    """
    found: list[Document] = []
    for condition, sort in walks(order, after):
        missing = limit - len(found)
        if missing <= 0:
            break
        cursor = collection.find(both(wanted, condition), fields).sort(sort).limit(missing)
        found.extend(await cursor.to_list(missing))
    return found


async def every(
    collection: Collection, wanted: Document, order: Order, fields: Mapping[str, int] | None = None
) -> AsyncIterator[list[Document]]:
    """All documents in an order, some at a time: one walk of the store, not one for each page."""
    for condition, sort in walks(order, None):
        cursor = collection.find(both(wanted, condition), fields).sort(sort).batch_size(AT_ONCE)
        while found := await cursor.to_list(AT_ONCE):
            yield found


def place_of(document: Document, order: Order) -> Place:
    """Where a page ends that ends with this document."""
    value: Any = document
    for name in order.field.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return Place(document["_id"], None if order.field == "_id" else value)


def walks(order: Order, after: Place | None) -> Iterator[tuple[Document, Sequence[tuple[str, int]]]]:
    """The walks that give what comes after a place, in their order: each a condition and what it is sorted by."""
    way, beyond = (DESCENDING, "$lt") if order.falling else (ASCENDING, "$gt")
    by_id = [("_id", way)]
    if order.field == "_id":
        yield {} if after is None else {"_id": {beyond: after.id}}, by_id
        return
    by_value = [(order.field, way), *by_id]
    if after is None:
        # Null is the least there is: falling it comes last by itself.
        yield {} if order.falling else {order.field: {"$gte": LEAST[order.kind]}}, by_value
        if not order.falling:
            yield {order.field: None}, by_id
    elif after.value is None:
        yield {order.field: None, "_id": {beyond: after.id}}, by_id
    else:
        yield {order.field: after.value, "_id": {beyond: after.id}}, by_id
        rest = {"$lt": after.value} if order.falling else {"$gt": after.value}
        yield {order.field: rest}, by_value
        yield {order.field: None}, by_id


def _steps(wanted: object) -> TypeGuard[Document]:
    return isinstance(wanted, dict) and bool(wanted) and all(name.startswith("$") for name in wanted)


def closed(order: Order, place: Place) -> str:
    """A place as clients get it: a cursor, opaque so that they do not build on its inside."""
    value = epoch_ms(place.value) if isinstance(place.value, datetime) else place.value
    told = [_name(order), place.id, value]
    return base64.urlsafe_b64encode(msgspec.json.encode(told)).decode().rstrip("=")


def opened(order: Order, cursor: str) -> Place:
    """The place a cursor means.

    Raises:
        Refused: it is damaged, or belongs to another order.
    """
    try:
        told = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        name, id_, told_value = msgspec.json.decode(told, type=tuple[str, str, Any])
        value = msgspec.convert(told_value, _TOLD[order.kind])
        place = Place(id_, from_epoch_ms(value) if order.kind is datetime and value is not None else value)
    except (binascii.Error, ValueError, OverflowError, OSError, msgspec.MsgspecError) as broken:
        raise Refused("bad-cursor", "The cursor is damaged; start at the first page.", field="cursor") from broken
    if name != _name(order):
        raise Refused("bad-cursor", "The cursor belongs to another `sort`; start at the first page.", field="cursor")
    return place


_WithinInt64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_TOLD: Final[Mapping[type, Any]] = {
    datetime: _WithinInt64 | None,
    int: _WithinInt64 | None,
    float: float | None,
    str: str | None,
}


def _name(order: Order) -> str:
    return f"{'-' if order.falling else ''}{order.field}"
