"""Dead letters: a record nobody could use, kept whole with the reason.

Every consumer that refuses a record publishes one of these before it goes on,
so nothing is dropped silently and a person can view, fix and resubmit it.
"""

import base64
from typing import Final

from backbone.broker import Received, Record
from backbone.clock import from_epoch_ms
from backbone.contract.codec import Rejected, encode
from backbone.contract.dead_letters import EventRejected, RecordHeader
from backbone.contract.envelope import seal
from backbone.contract.ids import derived_event_id

MOST_HEADERS: Final = 50
MOST_TEXT: Final = 200


def dead_letter(received: Received, rejected: Rejected, source: str) -> Record:
    """The record to publish on `dead-letters` for one that was refused.

    Its event id follows from topic, partition and offset, so that refusing the
    same record again after a crash gives the same dead letter.

    Args:
        received: the record as it was read.
        rejected: why it was refused.
        source: who refused it, such as `/services/analytics`.
    """
    place = f"{received.topic}-{received.partition}-{received.offset}"
    at = from_epoch_ms(received.timestamp_ms)
    event = EventRejected(
        topic=received.topic,
        partition=received.partition,
        offset=received.offset,
        key_base64=_base64(received.key),
        value_base64=_base64(received.value),
        headers=[
            RecordHeader(name=name[:MOST_TEXT], value_base64=_base64(value))
            for name, value in received.headers[:MOST_HEADERS]
        ],
        reason=rejected.reason,
        field=rejected.field,
        detail=rejected.detail,
    )
    envelope = seal(
        event,
        source=source,
        time=at,
        recordedtime=at,
        event_id=derived_event_id(source, place, at),
    )
    return Record("dead-letters", received.key or place.encode(), encode(envelope))


def _base64(raw: bytes | None) -> str:
    return base64.b64encode(raw or b"").decode()
