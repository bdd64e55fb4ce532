"""Events to bytes and back, by CloudEvents 1.0: the JSON format, and the Kafka and HTTP protocol bindings.

Whatever the bytes, `decode` gives an envelope or raises Rejected, never another exception.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import ValidationError

from backbone.contract.catalogue import CATALOGUE
from backbone.contract.envelope import DATA_CONTENT_TYPE, KIBIBYTE, SPEC_VERSION, Envelope, EventData
from backbone.contract.headers import attributes_of, headers_of, is_structured
from backbone.contract.json_text import read_object, split_array
from backbone.contract.refusal import refusal
from backbone.contract.rejected import Rejected
from backbone.contract.upcast import upcast

__all__ = [
    "CONTENT_TYPE",
    "LIMIT_BYTES",
    "Rejected",
    "check_record",
    "check_time",
    "decode",
    "encode",
    "encode_binary",
    "split_array",
]

CONTENT_TYPE = "application/cloudevents+json"
LIMIT_BYTES = EventData.max_bytes
FUTURE_LIMIT = timedelta(minutes=5)

UnknownFields = Literal["reject", "ignore"]

_SCHEMA = re.compile(r"urn:drumbeat:([a-z0-9-]{1,64}):([1-9]\d{0,5})", re.ASCII)
_LARGEST = max(event.max_bytes for event in CATALOGUE.values())
_LARGE_TYPES = tuple(f'"{event.type}"'.encode() for event in CATALOGUE.values() if event.max_bytes > LIMIT_BYTES)


def encode(envelope: Envelope) -> bytes:
    """The event as structured JSON (content type CONTENT_TYPE); fields that hold their default are left out.

    Raises Rejected("too-large") when the event is larger than its type may be.
    """
    value = envelope.__pydantic_serializer__.to_json(envelope, exclude_defaults=True)
    if len(value) > envelope.data.max_bytes:
        raise _too_large(len(value), envelope.data.max_bytes)
    return value


def encode_binary(envelope: Envelope) -> tuple[list[tuple[str, bytes]], bytes]:
    """The event as Kafka headers and JSON data, for readers that want the data alone in the value.

    Raises Rejected("too-large") when the data are larger than the event may be.
    """
    attributes = envelope.model_dump(mode="json", exclude_defaults=True, exclude={"data"})
    value = envelope.data.__pydantic_serializer__.to_json(envelope.data, exclude_defaults=True)
    if len(value) > envelope.data.max_bytes:
        raise _too_large(len(value), envelope.data.max_bytes)
    return headers_of(attributes), value


def decode(
    value: bytes,
    headers: Sequence[tuple[str, bytes | None]] = (),
    *,
    unknown_fields: UnknownFields = "reject",
    received_at: datetime | None = None,
) -> Envelope:
    """The event in a record or request, brought up to the newest version of its type.

    `headers` decide the mode: a content type of application/cloudevents makes it structured; else `ce_` (Kafka) or
    `ce-` (HTTP) headers make it binary; with neither it is read as structured. Absent subject, partitionkey and
    dataschema are filled in. `received_at` fills an absent recordedtime. An undated event without a time takes its
    recordedtime. A door refuses unknown fields; a consumer ignores them, for they are younger than itself.
    Raises Rejected, and nothing else.
    """
    structured = is_structured(headers)
    if len(value) > LIMIT_BYTES and not (structured and any(name in value for name in _LARGE_TYPES)):
        raise _too_large(len(value), LIMIT_BYTES)
    if len(value) > _LARGEST:
        raise _too_large(len(value), _LARGEST)
    if structured:
        attributes = read_object(value)
        data = attributes.pop("data", None)
    else:
        attributes = attributes_of(headers)
        data = read_object(value)
    envelope = _open(attributes, data, unknown_fields, received_at)
    if len(value) > envelope.data.max_bytes:
        raise _too_large(len(value), envelope.data.max_bytes)
    return envelope


def check_time(envelope: Envelope, now: datetime) -> None:
    """Refuse what says it happened more than five minutes from `now`; raises Rejected("future-time")."""
    if envelope.time - now > FUTURE_LIMIT:
        raise Rejected("future-time", "Set the sender's clock: this is more than five minutes in the future.", "/time")


def check_record(envelope: Envelope, *, topic: str, key: bytes | None) -> None:
    """Refuse an event on another topic or under another Kafka key than its own.

    `topic` is the name of the catalogue, without a namespace. Raises Rejected("wrong-topic") or Rejected("wrong-key").
    """
    if topic != envelope.data.topic:
        raise Rejected("wrong-topic", f"Send {envelope.type} to {envelope.data.topic}.", "/type")
    if key != envelope.partitionkey.encode():
        raise Rejected("wrong-key", f"Key the record by the data's {envelope.data.key_field}.", "/partitionkey")


def _open(
    attributes: dict[str, Any], data: Any, unknown_fields: UnknownFields, received_at: datetime | None
) -> Envelope:
    # CloudEvents JSON format, section 2.2: null is the same as absent.
    attributes = {name: value for name, value in attributes.items() if value is not None}
    if attributes.get("specversion", SPEC_VERSION) != SPEC_VERSION:
        raise Rejected("bad-envelope", f"Write CloudEvents {SPEC_VERSION}.", "/specversion")
    if "data_base64" in attributes:
        raise Rejected("bad-envelope", "Send the data as a JSON object in `data`.", "/data_base64")
    event = _class_of(attributes.get("type"))
    said = _data(event, _version(event, attributes.get("dataschema")), data, unknown_fields)
    attributes["dataschema"] = event.data_schema()
    attributes["datacontenttype"] = _content_type(attributes.get("datacontenttype", DATA_CONTENT_TYPE))
    attributes.setdefault("subject", said.subject_id())
    attributes.setdefault("partitionkey", said.partition_key())
    if received_at is not None:
        attributes.setdefault("recordedtime", received_at)
    if attributes.get("undated") is True and "recordedtime" in attributes:
        attributes.setdefault("time", attributes["recordedtime"])
    attributes["data"] = said
    try:
        return Envelope.model_validate(attributes, extra="ignore" if unknown_fields == "ignore" else None)
    except ValidationError as error:
        raise refusal(error, attributes, event_type=event.type) from None


def _class_of(event_type: object) -> type[EventData]:
    if event_type is None:
        raise Rejected("missing-field", "Add `type`: what happened, by a name of docs/events.md.", "/type")
    if not isinstance(event_type, str):
        raise Rejected("wrong-type", "Write the type as text.", "/type")
    event = CATALOGUE.get(event_type)
    if event is None:
        raise Rejected("unknown-type", f"{event_type[:64]!r} is no type of docs/events.md.", "/type")
    return event


def _version(event: type[EventData], schema: object) -> int:
    if schema is None or schema == event.data_schema():
        return event.version
    if not isinstance(schema, str):
        raise Rejected("wrong-type", "Write the name of the schema as text.", "/dataschema")
    named = _SCHEMA.fullmatch(schema)
    if named is None or named[1] != event.type:
        raise Rejected("bad-envelope", f"The schema of {event.type} is {event.data_schema()}.", "/dataschema")
    version = int(named[2])
    if version > event.version:
        raise Rejected("unknown-version", f"The newest schema known here is {event.data_schema()}.", "/dataschema")
    return version


def _data(event: type[EventData], version: int, data: Any, unknown_fields: UnknownFields) -> EventData:
    if data is None:
        raise Rejected("missing-field", "Add `data`: the fields of the event.", "/data")
    if not isinstance(data, dict):
        raise Rejected("wrong-type", "Write the data as a JSON object.", "/data")
    raw: Mapping[str, Any] = data
    if version < event.version:
        try:
            raw = upcast(event.type, data, version=version, newest=event.version)
        except (LookupError, TypeError, ValueError, AttributeError):
            # A step may rely on what the old schema promised; data that break the promise break the step.
            detail = f"These are not data of {event.data_schema(version)}; send {event.data_schema()}."
            raise Rejected("bad-value", detail, "/data") from None
    try:
        return event.model_validate(raw, extra="ignore" if unknown_fields == "ignore" else None)
    except ValidationError as error:
        raise refusal(error, raw, event_type=event.type, under="/data") from None


def _content_type(content_type: object) -> str:
    if isinstance(content_type, str) and content_type.partition(";")[0].strip().lower() == DATA_CONTENT_TYPE:
        return DATA_CONTENT_TYPE
    raise Rejected("bad-envelope", f"Send data of {DATA_CONTENT_TYPE}.", "/datacontenttype")


def _too_large(size: int, limit: int) -> Rejected:
    return Rejected("too-large", f"Keep an event within {limit // KIBIBYTE} KiB: this one has {size} bytes.")
