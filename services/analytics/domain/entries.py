"""An event as folds see it, and its place on the log."""

from datetime import datetime
from typing import Annotated, Any

import msgspec


class Event(msgspec.Struct, kw_only=True, gc=False):
    """The envelope's attributes that folds use; each type of event has a subclass with its `data`."""

    id: Annotated[str, msgspec.Meta(min_length=36, max_length=36)]
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    subject: str
    partitionkey: str
    recordedtime: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    sequence: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None
    imported: str | None = None
    undated: bool = False
    data: Any


class Entry(msgspec.Struct, gc=False):
    """An event and its place on the log; times in ms since 1970."""

    offset: int
    event: Event
    occurred: int
    recorded: int
