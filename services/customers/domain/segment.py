"""A segment: customers that meet a saved query, whoever they are at the moment one asks."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from backbone.contract.envelope import EventData
from backbone.problems import Refused
from services.customers.domain.query import read_query


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A saved query; whom a `shared` one shows is still what the asker may see."""

    segment_id: str
    name: str
    owner_id: str
    team_id: str | None
    shared: bool = False
    query: dict[str, Any]
    created_at: datetime
    changed_at: datetime


Decided = tuple[Segment, list[EventData]]


def make_segment(segment: Segment) -> Decided:
    """Keep a query under a name. No event tells of it: it is a way to look, not a thing that happened.

    Raises:
        Refused: it is no query.
    """
    read_query(segment.query)
    return segment, []


def change_segment(
    segment: Segment,
    at: datetime,
    _now: datetime,
    *,
    name: str | None = None,
    shared: bool | None = None,
    query: dict[str, Any] | None = None,
) -> Decided:
    """Change what a segment is called, who finds it, or whom it takes in; None leaves a value as it is.

    Raises:
        Refused: nothing is new, or it is no query.
    """
    changed = replace(
        segment,
        name=segment.name if name is None else name,
        shared=segment.shared if shared is None else shared,
        query=segment.query if query is None else query,
    )
    if changed == segment:
        raise Refused("nothing-new", "Give another name, another query, or say whether it is shared.")
    read_query(changed.query)
    return replace(changed, changed_at=at), []
