"""Dead letters: a record nobody could use, kept whole with the reason.

Every consumer that refuses a record publishes one of these before it goes on,
so nothing is dropped silently and a person can view, fix and resubmit it.
"""

from typing import Final

from backbone.broker import Received, Record
from backbone.clock import epoch_ms, from_epoch_ms
from backbone.contract.codec import encode
from backbone.contract.dead_letters import EventRejected
from backbone.contract.envelope import seal
from backbone.contract.fields import LATEST
from backbone.contract.ids import derived_event_id
from backbone.contract.rejected import Rejected

LATEST_STAMP_MS: Final = epoch_ms(LATEST) - 1


def dead_letter(received: Received, rejected: Rejected, source: str) -> Record:
    """The record to publish on `dead-letters` for one that was refused.

    Its event id follows from topic, partition and offset, so that refusing the
    same record again, after a crash or by another service, gives the same letter.

    Args:
        received: the record as it was read.
        rejected: why it was refused.
        source: who refused it, such as `/services/analytics`.
    """
    event = EventRejected.of_record(
        topic=received.topic,
        partition=received.partition,
        offset=received.offset,
        key=received.key,
        value=received.value,
        headers=received.headers,
        reason=rejected.reason,
        field=rejected.field,
        detail=rejected.detail,
    )
    # A producer may write any stamp, also none (-1): an event's time has bounds, and a letter must always go out.
    at = from_epoch_ms(min(max(received.timestamp_ms, 0), LATEST_STAMP_MS))
    envelope = seal(
        event,
        source=source,
        time=at,
        recordedtime=at,
        event_id=derived_event_id(event.topic, event.record_id, at),
    )
    return Record(event.topic, envelope.partitionkey.encode(), encode(envelope))
