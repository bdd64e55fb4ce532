"""What stands around every event: the CloudEvents 1.0 attributes, and the model all event data are of."""

import re
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SerializeAsAny, model_validator
from pydantic_core import PydanticCustomError

from backbone.contract.fields import Id, JoinedId, Moment
from backbone.contract.ids import new_event_id

KIBIBYTE = 1024
SPEC_VERSION: Literal["1.0"] = "1.0"
DATA_CONTENT_TYPE: Literal["application/json"] = "application/json"


class EventData(BaseModel):
    """What one type of event says: a frozen, strict model that knows its wire type, version, topic and key.

    `key_field` and `subject_field` name the fields for people; `partition_key()` and `subject_id()` give the values.
    `rules` says in words what the fields must fulfil together, for the documents.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    type: ClassVar[str]
    version: ClassVar[int] = 1
    topic: ClassVar[str]
    key_field: ClassVar[str]
    subject_field: ClassVar[str]
    max_bytes: ClassVar[int] = 64 * KIBIBYTE
    rules: ClassVar[tuple[str, ...]] = ()

    def partition_key(self) -> str:
        """The Kafka key of the event, as text."""
        key: str = getattr(self, self.key_field)
        return key

    def subject_id(self) -> str:
        """The id of the aggregate the event is about."""
        subject: str = getattr(self, self.subject_field)
        return subject

    @classmethod
    def data_schema(cls, version: int | None = None) -> str:
        """The name of the schema of these data, in their own version or in the one given."""
        return f"urn:drumbeat:{cls.type}:{version or cls.version}"


class OwnedEvent(EventData):
    """Event data of something that somebody owns, with owner and team as they were at that moment."""

    owner_id: Id | None = Field(
        description="The member who owned it after this event; null while nobody does (a lead in the pool)."
    )
    team_id: Id | None = Field(
        default=None, description="The team the owner was in at that moment; null counts for the company only."
    )


_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_URI_REFERENCE = r"^([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$"


def _canonical_uuid(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise PydanticCustomError(
            "bad_uuid", "Give a UUID as text in five groups, such as 0160241b-5e40-7abc-8def-0123456789ab"
        )
    return text.lower()


EventId = Annotated[str, AfterValidator(_canonical_uuid), Field(json_schema_extra={"format": "uuid"})]


class Envelope(BaseModel):
    """One event as it travels: who says it, when it happened, what it is about, and its data.

    An envelope always agrees with its data: type, schema, subject and key are those of the data's class. Building one
    that does not raises pydantic's ValidationError.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    specversion: Literal["1.0"] = Field(description="Version of CloudEvents.")
    id: EventId = Field(description="Unique for ever; the same id again is the same event.")
    source: str = Field(
        min_length=1, max_length=256, pattern=_URI_REFERENCE,
        description="Who says so: /services/leads, or a URN of an outside system.",
    )  # fmt: skip
    type: str = Field(description="The type of the event, past tense in kebab-case.")
    subject: JoinedId = Field(description="Id of the aggregate the event is about.")
    time: Moment = Field(description="When it happened, with offset.")
    recordedtime: Moment | None = Field(default=None, description="When the platform took it, UTC.")
    partitionkey: JoinedId = Field(description="The Kafka key.")
    sequence: int | None = Field(
        default=None,
        ge=0,
        le=2**31 - 1,
        description="Version of the aggregate after this event, so that order is known.",
    )
    dataschema: str = Field(description="Name of the schema of the data.")
    datacontenttype: Literal["application/json"] = Field(
        default=DATA_CONTENT_TYPE, description="Media type of the data."
    )
    actor: Id | None = Field(default=None, description="Who did it: a member or a system.")
    onbehalfof: Id | None = Field(default=None, description="The member the actor stood in for; absent for nobody.")
    correlationid: Id | None = Field(default=None, description="The story the event belongs to.")
    causationid: Id | None = Field(default=None, description="Id of the event that caused this one.")
    traceparent: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
        description="W3C trace context.",
    )
    imported: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="Tag of the import that brought it; alerts it raises are recorded and not sent.",
    )  # fmt: skip
    undated: bool = Field(
        default=False,
        description="Nobody knows when it happened: time is when the platform took it; it counts in no period.",
    )
    data: SerializeAsAny[EventData] = Field(description="What happened.")

    @model_validator(mode="after")
    def _agree_with_data(self) -> Self:
        if self.type != self.data.type or self.dataschema != self.data.data_schema():
            raise PydanticCustomError("other_type", "The type and the schema must be those of the data")
        if self.subject != self.data.subject_id():
            raise PydanticCustomError(
                "wrong_subject", "The subject must be the data's {field}", {"field": self.data.subject_field}
            )
        if self.partitionkey != self.data.partition_key():
            raise PydanticCustomError(
                "wrong_key", "The partitionkey must be the data's {field}", {"field": self.data.key_field}
            )
        return self

    def recorded(self, at: datetime) -> "Envelope":
        """The same event, stamped with the moment the platform took it (whatever a sender wrote there).

        Raises pydantic's ValidationError when `at` has no offset.
        """
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return Envelope(**values | {"recordedtime": at})


def seal(
    data: EventData,
    *,
    source: str,
    time: datetime,
    recordedtime: datetime | None = None,
    event_id: str | None = None,
    sequence: int | None = None,
    actor: str | None = None,
    onbehalfof: str | None = None,
    correlationid: str | None = None,
    causationid: str | None = None,
    traceparent: str | None = None,
    imported: str | None = None,
    undated: bool = False,
) -> Envelope:
    """Put data into an envelope; subject, key, type and schema come from the data's class.

    Without `event_id` the event gets a new one. Raises pydantic's ValidationError when an attribute is out of bounds.
    """
    return Envelope(
        specversion=SPEC_VERSION,
        id=event_id if event_id is not None else new_event_id(),
        source=source,
        type=data.type,
        subject=data.subject_id(),
        time=time,
        recordedtime=recordedtime,
        partitionkey=data.partition_key(),
        sequence=sequence,
        dataschema=data.data_schema(),
        actor=actor,
        onbehalfof=onbehalfof,
        correlationid=correlationid,
        causationid=causationid,
        traceparent=traceparent,
        imported=imported,
        undated=undated,
        data=data,
    )
