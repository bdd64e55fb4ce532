"""The event of a record that could not be taken: the original as it came, and why it was refused."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from backbone.contract.envelope import KIBIBYTE, EventData
from backbone.contract.fields import Code, Id, JoinedId

# A broker takes records up to 1 MiB by default; base64 makes four bytes of three, and the rest needs room too.
ORIGINAL_LIMIT_BYTES = 1024 * KIBIBYTE
HEADERS_LIMIT = 100
HEADER_LIMIT_BYTES = 4 * KIBIBYTE

_ID = TypeAdapter(Id)


def _canonical_base64(text: str) -> str:
    try:
        b64decode(text, validate=True)
    except binascii.Error:
        raise PydanticCustomError("bad_base64", "Give bytes as base64 (RFC 4648, section 4)") from None
    return text


Base64 = Annotated[str, AfterValidator(_canonical_base64), Field(json_schema_extra={"contentEncoding": "base64"})]


class RecordHeader(BaseModel):
    """A header of the refused record."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(max_length=256, description="Its name.")
    value_base64: Base64 | None = Field(description="Its value in base64; null when it had none.")


class EventRejected(EventData):
    """A record of a topic was refused and is kept here as it came."""

    type: ClassVar[str] = "event-rejected"
    topic: ClassVar[str] = "dead-letters"
    key_field: ClassVar[str] = "route_key"
    subject_field: ClassVar[str] = "record_id"
    max_bytes: ClassVar[int] = 2048 * KIBIBYTE

    record_id: JoinedId = Field(description="The refused record: topic, partition and offset, joined with dashes.")
    route_key: JoinedId = Field(
        description="The original key where it is an id, else topic and partition, joined with a dash."
    )
    origin_topic: str = Field(min_length=1, max_length=249, description="The topic it was read from.")
    origin_partition: int = Field(ge=0, le=2**31 - 1, description="The partition it was read from.")
    origin_offset: int = Field(ge=0, le=2**53, description="The offset it was read at.")
    key_base64: Base64 | None = Field(description="The original key in base64; null when it had none.")
    value_base64: Base64 | None = Field(description="The original value in base64; null when it had none.")
    headers: Annotated[tuple[RecordHeader, ...], Field(strict=False, max_length=HEADERS_LIMIT)] = Field(
        default=(), description="The original headers, in order."
    )
    cut: bool = Field(default=False, description="Whether the original was too large to be kept whole.")
    reason: Code = Field(description="Why it was refused.")
    field: str | None = Field(default=None, max_length=400, description="JSON pointer to the field that is wrong.")
    detail: str = Field(min_length=1, max_length=1000, description="What to do about it.")

    @classmethod
    def of_record(
        cls,
        *,
        topic: str,
        partition: int,
        offset: int,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
        reason: str,
        field: str | None,
        detail: str,
    ) -> Self:
        """The dead letter of a Kafka record, whatever the record holds: what is too large is cut off and said to be."""
        kept = tuple(
            RecordHeader(
                name=_printable(name, 256),
                value_base64=None if content is None else _base64(content[:HEADER_LIMIT_BYTES]),
            )
            for name, content in headers[:HEADERS_LIMIT]
        )
        return cls(
            record_id=f"{topic}-{partition}-{offset}",
            route_key=_id_of(key) or f"{topic}-{partition}",
            origin_topic=topic,
            origin_partition=partition,
            origin_offset=offset,
            key_base64=None if key is None else _base64(key[:HEADER_LIMIT_BYTES]),
            value_base64=None if value is None else _base64(value[:ORIGINAL_LIMIT_BYTES]),
            headers=kept,
            cut=len(value or b"") > ORIGINAL_LIMIT_BYTES
            or len(key or b"") > HEADER_LIMIT_BYTES
            or len(headers) > HEADERS_LIMIT
            or any(len(name) > 256 or len(content or b"") > HEADER_LIMIT_BYTES for name, content in headers),
            reason=reason,
            field=None if field is None else _printable(field, 400),
            detail=_printable(detail, 1000) or reason,
        )

    def original_value(self) -> bytes | None:
        """The refused bytes."""
        return None if self.value_base64 is None else b64decode(self.value_base64)

    def original_key(self) -> bytes | None:
        """The key of the refused record."""
        return None if self.key_base64 is None else b64decode(self.key_base64)

    def original_headers(self) -> list[tuple[str, bytes | None]]:
        """The headers of the refused record."""
        return [(h.name, None if h.value_base64 is None else b64decode(h.value_base64)) for h in self.headers]


def _base64(content: bytes) -> str:
    return b64encode(content).decode("ascii")


def _printable(text: str, limit: int) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")[:limit]


def _id_of(key: bytes | None) -> str | None:
    try:
        return _ID.validate_python((key or b"").decode("utf-8"))
    except (UnicodeDecodeError, ValidationError):
        return None
