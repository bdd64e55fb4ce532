"""Dead letters: a record nobody could use, kept whole with the reason.

Every consumer that refuses a record publishes one of these before it goes on,
so nothing is dropped silently and a person can view, fix and resubmit it.
"""

from backbone.broker import Received, Record
from backbone.clock import from_epoch_ms
from backbone.contract.codec import encode
from backbone.contract.dead_letters import EventRejected
from backbone.contract.envelope import seal
from backbone.contract.ids import derived_event_id
from backbone.contract.rejected import Rejected


def dead_letter(received: Received, rejected: Rejected, source: str) -> Record:
    """The record to publish on `dead-letters` for one that was refused.

    Its event id follows from topic, partition and offset, so that refusing the
    same record again after a crash gives the same dead letter.

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
    at = from_epoch_ms(received.timestamp_ms)
    envelope = seal(
        event,
        source=source,
        time=at,
        recordedtime=at,
        event_id=derived_event_id(source, event.record_id, at),
    )
    return Record(event.topic, envelope.partitionkey.encode(), encode(envelope))
