"""What the gateway takes from Kafka: the dead letters of every service, into a store that can be listed."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from backbone.broker import Consumer, Received
from backbone.contract.codec import decode
from backbone.contract.dead_letters import EventRejected
from backbone.contract.envelope import Envelope
from backbone.contract.rejected import Rejected
from backbone.dead_letters import dead_letter
from backbone.mongo import Binary, Document, PyMongoError
from backbone.settings import Settings
from services.gateway import handlers
from services.gateway.handlers import Desk

log = logging.getLogger(__name__)

OWN: Final = "/services/gateway"
FIRST_RETRY_SECONDS: Final = 0.2
LAST_RETRY_SECONDS: Final = 10.0


@dataclass(frozen=True)
class DeadLetters:
    """Keeps the readable copy of the topic `dead-letters` up to date."""

    settings: Settings
    desk: Desk

    async def run(self) -> None:
        """Follow the topic until cancelled."""
        await Consumer(self.settings, ["dead-letters"], "gateway").run(self.take)

    async def take(self, batch: Sequence[Received]) -> None:
        """Store one batch; a store that is away is tried again with growing pauses."""
        rows = [row_of(received) for received in batch]
        pause = FIRST_RETRY_SECONDS
        while True:
            try:
                await handlers.keep_dead_letters(self.desk, rows)
                return
            except PyMongoError as trouble:
                log.warning("dead letters wait %.1f s: %s", pause, trouble)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LAST_RETRY_SECONDS)


def row_of(received: Received) -> Document:
    """The stored form of a record of `dead-letters`.

    A record that holds no dead letter (somebody wrote to the topic by hand) is
    kept as a dead letter itself, with the reason.
    """
    try:
        return _row(*_letter(received.value or b"", received.headers))
    except Rejected as rejected:
        return _row(*_letter(dead_letter(received, rejected, OWN).value or b""))


def _letter(value: bytes, headers: Sequence[tuple[str, bytes | None]] = ()) -> tuple[Envelope, EventRejected]:
    envelope = decode(value, headers, unknown_fields="ignore")
    if not isinstance(envelope.data, EventRejected):
        raise Rejected("wrong-topic", f"Send {envelope.type} to {envelope.data.topic}.", "/type")
    return envelope, envelope.data


def _row(envelope: Envelope, letter: EventRejected) -> Document:
    value = letter.original_value() or b""
    headers = letter.original_headers()
    return {
        "_id": envelope.id,
        "topic": letter.origin_topic,
        "partition": letter.origin_partition,
        "offset": letter.origin_offset,
        "at": envelope.time,
        "refused_by": envelope.source,
        "type": _claimed_type(value, headers),
        "reason": letter.reason,
        "field": letter.field,
        "detail": letter.detail,
        "value": Binary(value),
        "headers": [[name, None if content is None else Binary(content)] for name, content in headers],
        "cut": letter.cut,
    }


class _Claim(msgspec.Struct):
    type: str | None = None


def _claimed_type(value: bytes, headers: Sequence[tuple[str, bytes | None]]) -> str | None:
    for name, content in headers:
        if name.lower() == "ce_type":
            return (content or b"").decode("utf-8", "replace")[:64]
    try:
        found = msgspec.json.decode(value, type=_Claim).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None if found is None else found[:64]
