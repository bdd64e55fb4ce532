"""What the worker says to others: boards and funnels that changed, alerts, records it refused."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from backbone.broker import STRUCTURED, Received, Record
from backbone.clock import epoch_ms, from_epoch_ms
from backbone.contract.alerts import AlertCleared, AlertRaised
from backbone.contract.boards import BoardChanged, FunnelChanged
from backbone.contract.codec import encode
from backbone.contract.envelope import EventData, seal
from backbone.contract.ids import derived_event_id, new_event_id
from backbone.dead_letters import dead_letter
from backbone.mongo import Document
from services.analytics.domain.credits import NOBODY
from services.analytics.domain.sla import Clock, Policy, due_at, first_reply
from services.analytics.folds.clocks import Alert
from services.analytics.readers import LogRecord, Refused

SOURCE: Final = "/services/analytics"


def board_record(standing: Document, now: datetime) -> Record:
    """The record of topic `boards` for a standing as it is stored.

    Built by msgspec, for a busy round tells hundreds: pydantic would take as
    long as folding. A test holds it against the contract.
    """
    month = standing["ym"]
    data = {
        "board_id": standing["_id"],
        "member_id": None if standing["m"] == NOBODY else standing["m"],
        "team_id": standing["t"],
        "month": f"{month // 100:04}-{month % 100:02}",
        "metrics": list(standing["c"]),
        "values": {metric: _days_told(days) for metric, days in standing["c"].items()},
        "revision": standing["rev"],
    }
    return _told(BoardChanged, standing["_id"], data, now)


def _days_told(days: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, Any]]:
    return {
        day: {"value": cell["v"], "reached_at": from_epoch_ms(cell["at"]) if cell["at"] else None}
        for day, cell in days.items()
    }


def funnel_record(pipeline: str, now: datetime) -> Record:
    """The record of topic `boards` that tells of a changed funnel; its revision is the ms of telling."""
    return _told(FunnelChanged, pipeline, {"pipeline": pipeline, "revision": epoch_ms(now)}, now)


def _told(event: type[EventData], key: str, data: dict[str, Any], now: datetime) -> Record:
    envelope = {
        "specversion": "1.0",
        "id": new_event_id(),
        "source": SOURCE,
        "type": event.type,
        "subject": key,
        "time": now,
        "recordedtime": now,
        "partitionkey": key,
        "dataschema": event.data_schema(),
        "data": data,
    }
    return Record(event.topic, key.encode(), msgspec.json.encode(envelope), (STRUCTURED,))


def refused_records(topic: str, partition: int, refused: Iterable[Refused]) -> list[Record]:
    """The dead letters of records that are no events."""
    return [dead_letter(_received(topic, partition, one.record), one.why, SOURCE) for one in refused]


def _received(topic: str, partition: int, record: LogRecord) -> Received:
    headers = tuple(record.headers)
    return Received(topic, partition, record.offset, record.timestamp, record.key, record.value, headers)


def alert_row(alert: Alert, clock: Clock, policy: Policy, now: datetime) -> Document:
    """An alert as a row of a clock's outbox; the same alert always has the same event id."""
    alert_id = f"{policy.name}|{clock.subject}|{alert.level}"
    due = due_at(clock, policy)
    reply = first_reply(clock)
    data: AlertRaised | AlertCleared
    if alert.do == "raise":
        data = AlertRaised(
            owner_id=clock.owner,
            team_id=clock.team,
            alert_id=alert_id,
            kind=policy.name,
            level=alert.level,
            subject=clock.subject,
            due_at=None if due is None else from_epoch_ms(due),
            effective_at=from_epoch_ms(alert.at),
            facts={
                "customer_id": clock.customer,
                "severity": clock.severity,
                "replied_at": None if reply is None else from_epoch_ms(reply.at).isoformat(),
            },
            event_ids=tuple(moment.event_id for moment in clock.history[:20]),
        )
    else:
        data = AlertCleared(
            owner_id=clock.owner,
            team_id=clock.team,
            alert_id=alert_id,
            kind=policy.name,
            level=alert.level,
            subject=clock.subject,
            reason="answered-in-time" if reply is not None else "not-due",
        )
    at = from_epoch_ms(alert.at)
    event_id = derived_event_id(SOURCE, f"{data.type}|{alert_id}", at)
    envelope = seal(data, source=SOURCE, time=at, recordedtime=max(now, at), event_id=event_id, imported=clock.imported)
    return {"id": event_id, "topic": data.topic, "key": envelope.partitionkey, "value": encode(envelope)}
