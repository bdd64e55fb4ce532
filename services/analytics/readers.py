"""Events as the worker reads them: one pass from a record's bytes to typed values.

pydantic would take 30 us an event; msgspec takes 1. The readers are made from
the contract's models, field by field, so the two cannot drift apart, and
unknown fields are ignored: they are younger than this reader.

What a reader does not take, and what it cannot judge (ids are not matched
against their pattern here, which would cost more than all the rest), goes to
the contract's own codec. That one is slow and final: it reads binary mode,
brings old versions up to date, and says why a record is refused.
"""

import re
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, Protocol, Union, cast, get_args, get_origin

import msgspec
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from backbone.clock import epoch_ms, from_epoch_ms
from backbone.contract import fields
from backbone.contract.catalogue import CATALOGUE
from backbone.contract.codec import (
    CONTENT_TYPE,
    FUTURE_LIMIT,
    LIMIT_BYTES,
    Rejected,
    check_record,
    check_time,
    decode,
    encode,
)
from backbone.contract.envelope import Envelope, EventData
from services.analytics.domain.entries import Entry, Event

__all__ = ["LogRecord", "Reader", "Refused"]

FUTURE_MS: Final = FUTURE_LIMIT // timedelta(milliseconds=1)
LATEST_MS: Final = epoch_ms(fields.LATEST) - 1
ODD_ESCAPE: Final = re.compile(rb"\\(?!u(?!00))")
"""A JSON escape that may stand for a bar or a control character; those of other letters are harmless."""
BUSIEST: Final = "activities"
STRUCTURED: Final = (("content-type", CONTENT_TYPE.encode()),)


class LogRecord(Protocol):
    """A Kafka record as aiokafka gives it; `timestamp` in ms."""

    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def timestamp(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...  # noqa: D102


class Refused(msgspec.Struct):
    """A record that goes to the dead letters."""

    record: LogRecord
    why: Rejected


class _Sure(msgspec.Struct, gc=False):
    """What the fast way checks of one type."""

    key_field: str
    subject_field: str
    holds: Callable[[Any], bool]


class Reader:
    """Reads the records of one topic.

    Args:
        topic: name in the catalogue.
    """

    def __init__(self, topic: str) -> None:
        models = [model for model in CATALOGUE.values() if model.topic == topic]
        self._topic = topic
        # The busiest topic; none of its codes names a field of a document, which is what their form is for.
        ignored = {*ID_PATTERNS, _pattern_of(fields.Code)} if topic == BUSIEST else ID_PATTERNS
        self._structs = {model: struct_of(model, ignored) for model in models}
        self._sure = {
            struct: _Sure(model.key_field, model.subject_field, _beyond_fields(model))
            for model, struct in self._structs.items()
        }
        known: Any = Union[tuple(self._structs.values())]  # noqa: UP007 - made at run time
        self._decode: Callable[[bytes], Event] = msgspec.json.Decoder(known).decode
        self.types: Mapping[type[Event], str] = {struct: model.type for model, struct in self._structs.items()}
        """The wire type of each class of event that comes out of `read`."""

    def read(self, records: Iterable[LogRecord]) -> tuple[list[Entry], list[Refused]]:
        """The records' events in the order of the log, and the records that are none."""
        entries: list[Entry] = []
        refused: list[Refused] = []
        fast = self._fast
        for record in records:
            try:
                entries.append(fast(record) or self._slow(record))
            except Rejected as why:
                refused.append(Refused(record, why))
        return entries, refused

    def _fast(self, record: LogRecord) -> Entry | None:
        """The entry of a record that leaves no doubt, else None."""
        value = record.value
        headers = record.headers
        if (
            value is None
            or len(value) > LIMIT_BYTES
            or (headers != STRUCTURED and headers)
            or b"|" in value
            or b'"-"' in value
            or (b"\\" in value and ODD_ESCAPE.search(value))
        ):
            return None
        try:
            event = self._decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        data = event.data
        sure = self._sure[type(event)]
        key = event.partitionkey
        if (
            not sure.holds(data)
            or getattr(data, sure.key_field) != key
            or getattr(data, sure.subject_field) != event.subject
            or record.key != key.encode()
            # Capitals are the same id, and only the contract knows the one to keep.
            or not event.id.islower()
        ):
            return None
        occurred = int(event.time.timestamp() * 1000 + 0.5)
        if occurred - record.timestamp > FUTURE_MS:
            return None
        told = event.recordedtime
        recorded = record.timestamp if told is None else int(told.timestamp() * 1000 + 0.5)
        return Entry(record.offset, event, occurred, recorded)

    def _slow(self, record: LogRecord) -> Entry:
        """The entry by the contract's own word.

        Raises:
            Rejected: the record is no event of this topic.
        """
        # A producer may stamp its records with anything.
        received = from_epoch_ms(min(max(record.timestamp, 0), LATEST_MS))
        envelope = decode(record.value or b"", record.headers, unknown_fields="ignore", received_at=received)
        check_record(envelope, topic=self._topic, key=record.key)
        check_time(envelope, received)
        event = self.told(envelope)
        # Rounded as `_fast` does it, so that either way gives the same.
        recorded = (envelope.recordedtime or received).timestamp()
        return Entry(record.offset, event, int(envelope.time.timestamp() * 1000 + 0.5), int(recorded * 1000 + 0.5))

    def told(self, envelope: Envelope) -> Event:
        """An envelope of the contract as this reader's own event."""
        return msgspec.json.decode(encode(envelope), type=self._structs[type(envelope.data)])


def struct_of(model: type[EventData], ignored: Collection[str]) -> type[Event]:
    """The reader of one type of event: the model's fields under `data`, patterns left out that are ignored."""
    return cast(
        "type[Event]",
        msgspec.defstruct(
            f"{model.__name__}Event",
            [
                ("dataschema", Literal[model.data_schema()]),
                ("data", _data_struct(model, ignored)),
                ("specversion", Literal["1.0"]),
                ("datacontenttype", Literal["application/json"], "application/json"),
            ],
            bases=(Event,),
            tag_field="type",
            tag=model.type,
            kw_only=True,
            gc=False,
        ),
    )


def _data_struct(model: type[BaseModel], ignored: Collection[str]) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        model.__name__,
        [
            (name, _read_as(field.annotation, ignored, field.metadata))
            if field.is_required()
            else (name, _read_as(field.annotation, ignored, field.metadata), field.default)
            for name, field in model.model_fields.items()
        ],
        kw_only=True,
        gc=False,
    )


def _read_as(annotation: Any, ignored: Collection[str], bounds: Sequence[Any] = ()) -> Any:
    """The contract's type as msgspec reads it, bounds included."""
    origin = get_origin(annotation)
    inner = get_args(annotation)
    if origin is Annotated:
        return _read_as(inner[0], ignored, [*bounds, *_flat(inner[1:])])
    if origin in {Union, types.UnionType}:
        return Union[tuple(_read_as(one, ignored) for one in inner)]  # noqa: UP007 - made at run time
    if origin is tuple:
        return _bounded(types.GenericAlias(tuple, (_read_as(inner[0], ignored), ...)), ignored, bounds)
    if origin is dict:
        return _bounded(
            types.GenericAlias(dict, (_read_as(inner[0], ignored), _read_as(inner[1], ignored))), ignored, bounds
        )
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _data_struct(annotation, ignored)
    return _bounded(annotation, ignored, bounds)


def _flat(bounds: Iterable[Any]) -> Iterable[Any]:
    for bound in bounds:
        yield from bound.metadata if isinstance(bound, FieldInfo) else (bound,)


def _bounded(plain: Any, ignored: Collection[str], bounds: Sequence[Any]) -> Any:
    known = {
        name: value
        for bound in _flat(bounds)
        for name in ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")
        if (value := getattr(bound, name, None)) is not None and value not in ignored
    }
    if plain is datetime:
        known["tz"] = True
    return Annotated[plain, msgspec.Meta(**known)] if known else plain


def _pattern_of(annotation: Any) -> Any:
    return next(pattern for bound in _flat(get_args(annotation)[1:]) if (pattern := getattr(bound, "pattern", None)))


ID_PATTERNS: Final = frozenset({_pattern_of(fields.Id), _pattern_of(fields.JoinedId)})
"""Not matched: a record with a character in it that no id may hold goes to the contract anyway."""


def _beyond_fields(model: type[EventData]) -> Callable[[Any], bool]:
    """Tells whether data surely keep the model's rules that span several fields."""
    if not {model.key_field, model.subject_field} <= model.model_fields.keys():
        return _never
    if not model.__pydantic_decorators__.model_validators:
        return _always
    return SPANNING.get(model.type, _never)


def _always(_: Any) -> bool:
    return True


def _never(_: Any) -> bool:
    return False


def _met_someone(data: Any) -> bool:
    return bool(data.customer_id or data.lead_id or data.deal_id)


def _visited_someone(data: Any) -> bool:
    return bool(data.customer_id or data.lead_id or data.deal_id) and (
        data.ended_at is None or data.started_at <= data.ended_at
    )


SPANNING: Final[Mapping[str, Callable[[Any], bool]]] = {
    "visit-logged": _visited_someone,
    "follow-up-logged": _met_someone,
    "deal-won": lambda data: not data.credits,
    "deal-lost": lambda data: not data.credits,
    "lead-created": lambda data: data.value_estimate is None,
}
"""Rules of the contract that span fields, for the types that come by the thousand; others are read the slow way."""
