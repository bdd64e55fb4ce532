"""What a request to `POST /events` holds: one event or a batch, by CloudEvents' HTTP binding 1.0.

Only the outer shape is read here, so that one bad event never sinks its batch:
each event stays as the bytes it came in, for the codec to judge.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from backbone.problems import Problem

MOST_EVENTS: Final = 1_000
ONE: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
JSON: Final = "application/json"
BINARY_PREFIX: Final = "ce-"
CONTENT_TYPE: Final = "content-type"


class Unparsable(Problem):
    """The body cannot be taken apart into events."""

    status = 400
    title = "Not readable"


class TooMany(Problem):
    """The batch holds more events than one request may."""

    status = 413
    title = "Too many events"


class UnknownFormat(Problem):
    """The content type is none the door can read."""

    status = 415
    title = "Content type not supported"


@dataclass(frozen=True, slots=True)
class Submission:
    """One event as it came: its bytes, and in binary mode the headers that hold its attributes."""

    value: bytes
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @property
    def claimed_id(self) -> str | None:
        """The id it names itself, however broken the rest is; None when none can be told."""
        for name, content in self.headers:
            if name in ("ce-id", "ce_id"):
                return (content or b"").decode("utf-8", "replace")[:100]
        try:
            found = _CLAIM.decode(self.value).id
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return found if found is None else found[:100]


@dataclass(frozen=True, slots=True)
class Request:
    """The events of one request; `batch` tells whether the sender sent them as one."""

    events: tuple[Submission, ...]
    batch: bool


class _Claim(msgspec.Struct):
    id: str | None = None


_CLAIM: Final = msgspec.json.Decoder(_Claim)
_ELEMENTS: Final = msgspec.json.Decoder(list[msgspec.Raw])


def take_apart(body: bytes, headers: Iterable[tuple[str, bytes]]) -> Request:
    """The events of a request, in order.

    Args:
        body: as it was sent.
        headers: lower-case names.

    Raises:
        Unparsable: a batch that is no JSON array.
        TooMany: more than `MOST_EVENTS` events.
        UnknownFormat: another content type.
    """
    given = list(headers)
    content_type = dict(given).get(CONTENT_TYPE, b"")
    media_type = content_type.decode("latin-1").partition(";")[0].strip().lower()
    if media_type == BATCH:
        return Request(_elements(body), batch=True)
    if media_type == ONE:
        return Request((Submission(body),), batch=False)
    attributes = tuple((name, value) for name, value in given if name.startswith(BINARY_PREFIX))
    if attributes:
        typed = ((CONTENT_TYPE, content_type),) if media_type else ()
        return Request((Submission(body, (*typed, *attributes)),), batch=False)
    if media_type != JSON:
        raise UnknownFormat(
            "unknown-format",
            f"Send {ONE}, {BATCH}, {JSON}, or the event's attributes in ce- headers; not {media_type[:60]!r}.",
        )
    if body.lstrip().startswith(b"["):
        return Request(_elements(body), batch=True)
    return Request((Submission(body),), batch=False)


def _elements(body: bytes) -> tuple[Submission, ...]:
    try:
        found = _ELEMENTS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as broken:
        raise Unparsable("unparsable", f"Send a batch as one JSON array of events: {broken}.") from broken
    if len(found) > MOST_EVENTS:
        raise TooMany("too-many-events", f"A batch may hold {MOST_EVENTS} events; this one has {len(found)}.")
    return tuple(Submission(bytes(event)) for event in found)
