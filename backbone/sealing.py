"""Events of a change as the broker gets them."""

from collections.abc import Sequence
from datetime import datetime

from backbone.contract.codec import encode
from backbone.contract.envelope import EventData, seal
from backbone.idempotency import By
from backbone.mongo import Document


def sealed(
    events: Sequence[EventData],
    *,
    source: str,
    at: datetime,
    recorded: datetime,
    by: By,
    version: int,
    ids: Sequence[str] = (),
) -> list[Document]:
    """The events of a change in their order: `{id, topic, key, value}`.

    Args:
        events: what happened.
        source: of the events, such as `/services/activities`.
        at: when it happened.
        recorded: when the platform took it.
        by: who did it.
        version: of the object after the last of them: the sequence of that one.
        ids: of the events, in their order; new ones by default.
    """
    rows: list[Document] = []
    for place, event in enumerate(events, start=1):
        envelope = seal(
            event,
            source=source,
            time=at,
            recordedtime=recorded,
            event_id=ids[place - 1] if ids else None,
            sequence=version - len(events) + place,
            actor=by.actor,
            onbehalfof=by.on_behalf_of,
            correlationid=by.request_id,
            causationid=by.cause,
            traceparent=by.traceparent,
            imported=by.imported,
        )
        rows.append({"id": envelope.id, "topic": event.topic, "key": envelope.partitionkey, "value": encode(envelope)})
    return rows
