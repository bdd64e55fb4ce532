"""Records as they are written and read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

STRUCTURED: Final = ("content-type", b"application/cloudevents+json")
MAX_RECORD_BYTES: Final = 3 * 1024 * 1024
"""A dead letter holds a whole record of the broker's usual limit in base64."""

Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Record:
    """One record to write: the catalogue's topic name, key, value (None = tombstone), headers."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers = (STRUCTURED,)


@dataclass(frozen=True, slots=True)
class Received:
    """One record read: where it stands on the log and what it holds."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the broker put a record."""

    topic: str
    partition: int
    offset: int
