"""Why an event is not taken."""

from collections.abc import Mapping
from types import MappingProxyType

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "empty": "There is no event in it.",
        "too-large": "It is larger than an event may be.",
        "broken-text": "It is not UTF-8 text, begins with a byte order mark, or holds half a surrogate pair.",
        "broken-json": "It is not JSON by RFC 8259; NaN and Infinity are not JSON either.",
        "too-deep": "Its brackets are nested deeper than any event needs.",
        "duplicate-field": "The same name stands twice in one object, or a header twice.",
        "not-an-object": "It is JSON, but not one object.",
        "not-an-array": "A batch is not a JSON array.",
        "bad-envelope": "An attribute around the data has not the form that CloudEvents or the catalogue asks for.",
        "unknown-type": "No event of this type is in the catalogue.",
        "unknown-version": "The schema named is newer than this reader, or was never published.",
        "missing-field": "A field that is required is absent.",
        "unknown-field": "There is a field the schema does not know.",
        "wrong-type": "A value is of another JSON type than the schema says.",
        "bad-value": "A value is out of its bounds, or values contradict each other.",
        "wrong-subject": "The subject is not the id the data name.",
        "wrong-key": "The partitionkey, or the Kafka key, is not the one the data name.",
        "wrong-topic": "The event does not belong on this topic.",
        "future-time": "It says it happened more than five minutes from now.",
    }
)  # fmt: skip


class Rejected(Exception):
    """An event was refused; says why, where and what to do.

    `reason` is a code of REASONS, `field` a JSON pointer into the structured event (RFC 6901) or None when no single
    field is at fault, `detail` a sentence for whoever sent it.
    """

    def __init__(self, reason: str, detail: str, field: str | None = None) -> None:
        if reason not in REASONS:
            raise ValueError(f"{reason} is no reason of the contract")
        super().__init__(f"{reason} at {field}: {detail}" if field else f"{reason}: {detail}")
        self.reason = reason
        self.field = field
        self.detail = detail
