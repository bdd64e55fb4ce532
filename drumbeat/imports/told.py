"""An event told from a file: deterministic to the last byte, so that telling it again is telling it once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from backbone.contract.envelope import SPEC_VERSION, EventData
from backbone.contract.ids import derived_event_id

NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands in the ids of undated events."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event ready to be sent: the line of the file it comes from, its Kafka key, its JSON."""

    line: int
    key: str
    body: bytes


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One cell nobody can use: where it stands, and what should stand there.

    `column` is the column's name, None when the whole line is wrong.
    """

    file: str
    line: int
    column: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as read.

    Args:
        rows: data rows of the main file.
        people: teams and members, to be sent before the rest.
        events: everything else, each aggregate's events in their order.
        faults: cells that cannot be used; what they belong to is in neither list.
        whole: False when the file could not be read to its end.
    """

    rows: int
    people: Sequence[Told]
    events: Sequence[Told]
    faults: Sequence[Fault]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """What a reader must know of the organisation: its days, its money, and the present instant."""

    time_zone: str
    currency: str
    now: datetime


@dataclass
class Teller:
    """Tells events of one import.

    Args:
        tag: of the import, such as `crm-pipeline`; also the last part of the source.
    """

    tag: str
    source: str = field(init=False)

    def __post_init__(self) -> None:
        self.source = f"urn:drumbeat:import:{self.tag}"

    def tell(
        self,
        data: EventData,
        *,
        line: int,
        id_from: str,
        at: datetime | None,
        id_at: datetime | None = None,
        sequence: int | None = None,
    ) -> Told:
        """Put data into an event.

        Args:
            data: what happened.
            line: of the file it stands on.
            id_from: what tells it from every other event of this import.
            at: when it happened; None = nobody knows, the event is undated.
            id_at: the moment its id carries, when that shall not follow the organisation's zone.
            sequence: its place among the events of its aggregate.
        """
        event: dict[str, Any] = {
            "specversion": SPEC_VERSION,
            "id": derived_event_id(self.source, id_from, id_at or at or NEVER),
            "source": self.source,
            "type": data.type,
            "imported": self.tag,
        }
        if at is None:
            event["undated"] = True
        else:
            event["time"] = at.isoformat()
        if sequence is not None:
            event["sequence"] = sequence
        event["data"] = data.model_dump(mode="json", exclude_unset=True)
        return Told(line, data.partition_key(), msgspec.json.encode(event))
