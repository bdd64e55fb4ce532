"""What can be done with a segment."""

from functools import partial
from typing import Any

from backbone.outbox import Saved
from backbone.rows import Told, move_row, row_to_change
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain import segment as segments
from services.customers.domain.segment import Segment


async def make_segment(desk: Desk, asks: Asks, segment: Segment) -> Saved[Segment]:
    """Keep a query under a name."""
    state, events = segments.make_segment(segment)
    return await desk.store.segments.create(segment.segment_id, state, events, at=state.created_at, by=asks.by)


async def change_segment(
    desk: Desk,
    asks: Asks,
    segment_id: str,
    told: Told,
    *,
    name: str | None,
    shared: bool | None,
    query: dict[str, Any] | None,
) -> Saved[Segment]:
    """Change a segment of one's own, or of a member one may act for."""
    decide = partial(segments.change_segment, name=name, shared=shared, query=query)
    return await move_row(desk.store.segments, desk.members, asks, segment_id, told, desk.now(), decide)


async def drop_segment(desk: Desk, asks: Asks, segment_id: str, version: int) -> None:
    """Throw a segment away; its customers are not touched."""
    found = await row_to_change(desk.store.segments, asks, segment_id, version)
    await desk.store.segments.collection.delete_one({"_id": segment_id, "version": found.version})
