"""The AsyncAPI 3.0 document: topics as channels, services as the owners of operations, events as messages."""

from collections.abc import Mapping
from typing import Any

from backbone.contract.catalogue import CATALOGUE, TOPICS, TopicSpec, events_on
from backbone.contract.codec import CONTENT_TYPE
from backbone.contract.envelope import EventData
from backbone.contract.generate.schemas import ENVELOPE_NAME, fact_of, name_of

KAFKA_BINDING = "0.5.0"
DEFAULT_PARTITIONS = 12
_SCHEMAS = "../backbone/contract/schemas"

Document = dict[str, Any]


def asyncapi_document(examples: Mapping[str, Mapping[str, Any]]) -> Document:
    """The document; `examples` are the golden messages by name."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Drumbeat events",
            "version": "1.0.0",
            "description": (
                "What the services of a field sales force say to each other and to outside systems: CloudEvents 1.0 in "
                "the JSON format on Kafka. Generated from backbone/contract; docs/events.md says the same for people."
            ),
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "local": {
                "host": "127.0.0.1:8792",
                "protocol": "kafka",
                "description": "The local stack; DRUMBEAT_PORT_BASE moves it, DRUMBEAT_KAFKA names another cluster.",
            }
        },
        "channels": {topic.name: _channel(topic) for topic in TOPICS.values()},
        "operations": {f"send-{topic.name}": _operation(topic) for topic in TOPICS.values()},
        "components": {
            "messages": {event.type: _message(event, examples) for event in CATALOGUE.values()},
            "messageTraits": {
                "record": {
                    "contentType": CONTENT_TYPE,
                    "headers": {
                        "type": "object",
                        "properties": {"content-type": {"type": "string", "const": CONTENT_TYPE}},
                        "required": ["content-type"],
                    },
                }
            },
        },
    }


def _channel(topic: TopicSpec) -> Document:
    types = [event.type for event in events_on(topic.name)]
    kept = "the newest record of each key is kept for ever" if topic.compacted else "every record is kept for ever"
    return {
        "address": topic.name,
        "title": topic.name,
        "description": f"{topic.about} Keyed by {topic.key}; {kept}. Written by: {topic.owner}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in types},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": DEFAULT_PARTITIONS,
                "topicConfiguration": {
                    "cleanup.policy": ["compact" if topic.compacted else "delete"],
                    "retention.ms": -1,
                },
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }


def _operation(topic: TopicSpec) -> Document:
    types = [event.type for event in events_on(topic.name)]
    return {
        "action": "send",
        "title": f"What is said on {topic.name}",
        "summary": f"Sent by: {topic.owner}.",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "tags": [{"name": topic.owner}],
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{name}"} for name in types],
    }


def _message(event: type[EventData], examples: Mapping[str, Mapping[str, Any]]) -> Document:
    example = examples.get(name_of(event))
    message: Document = {
        "name": event.type,
        "title": event.__name__,
        "summary": fact_of(event),
        "traits": [{"$ref": "#/components/messageTraits/record"}],
        "payload": {
            "allOf": [
                {"$ref": f"{_SCHEMAS}/{ENVELOPE_NAME}.json"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": event.type},
                        "dataschema": {"const": event.data_schema()},
                        "data": {"$ref": f"{_SCHEMAS}/{name_of(event)}.json"},
                    },
                },
            ]
        },
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"data.{event.key_field}"},
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }
    if example is not None:
        message["examples"] = [{"name": name_of(event), "payload": example}]
    return message
