"""JSON Schemas (draft 2020-12) of the envelope and of each event's data."""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from backbone.contract.envelope import Envelope, EventData

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ENVELOPE_NAME = "envelope.1"

Schema = dict[str, Any]


class _Plain(GenerateJsonSchema):
    """JSON Schemas without field titles, which would only repeat the names, and with closed objects by name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        # Pydantic says what names that fit the pattern hold, and lets any other name hold anything.
        written = super().dict_schema(schema)
        for pattern, value in written.pop("patternProperties", {}).items():
            written["propertyNames"] = written.get("propertyNames", {}) | {"pattern": pattern}
            written["additionalProperties"] = value
        return written


def name_of(event: type[EventData]) -> str:
    """The name of the event's newest schema and golden message, such as `visit-logged.1`."""
    return f"{event.type}.{event.version}"


def data_schema(event: type[EventData]) -> Schema:
    """The schema of an event's data; its `$id` is what stands in the event's `dataschema`."""
    schema = event.model_json_schema(schema_generator=_Plain)
    head: Schema = {
        "$schema": DIALECT,
        "$id": event.data_schema(),
        "title": event.type,
        "description": fact_of(event),
    }
    if event.rules:
        head["$comment"] = " ".join(event.rules)
    return head | {name: value for name, value in schema.items() if name not in head}


def envelope_schema() -> Schema:
    """The schema of what stands around the data; the data have their own.

    What the door fills in is not required here: subject, partitionkey and dataschema, and the time of an undated event.
    """
    schema = Envelope.model_json_schema(schema_generator=_Plain)
    properties = schema["properties"] | {
        "data": {"type": "object", "description": "What happened, by the schema that dataschema names."}
    }
    return {
        "$schema": DIALECT,
        "$id": "urn:drumbeat:envelope:1",
        "title": "envelope",
        "description": "One event as it travels: CloudEvents 1.0 in the JSON format.",
        "type": "object",
        "properties": properties,
        "required": ["specversion", "id", "source", "type", "data"],
        "if": {"properties": {"undated": {"const": True}}, "required": ["undated"]},
        "else": {"required": ["time"]},
        "additionalProperties": False,
    }


def fact_of(event: type[EventData]) -> str:
    """The sentence that states what an event of this type says."""
    return (event.__doc__ or "").strip().splitlines()[0]


def text_of(schema: Schema) -> str:
    """A schema as the file holds it."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
