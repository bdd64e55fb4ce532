"""docs/events.md: every topic, event and field for people."""

from collections.abc import Iterator, Mapping

from backbone.contract.catalogue import TOPICS, TopicSpec, events_on
from backbone.contract.envelope import EventData
from backbone.contract.generate.field_table import field_table
from backbone.contract.generate.schemas import data_schema, envelope_schema, fact_of, name_of
from backbone.contract.rejected import REASONS

_INTRODUCTION = """\
# Events

Generated from `backbone/contract` by `make generate`; do not edit. `docs/asyncapi.yaml` says the same for machines,
`backbone/contract/schemas` holds a JSON Schema and `backbone/contract/golden` an example of every event.

An event is a [CloudEvent 1.0](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md): one JSON object in
the value of a Kafka record (`content-type: application/cloudevents+json`) or in the body of `POST /events`. Binary mode
(`ce_*` headers on Kafka, `ce-*` on HTTP) is taken too. Rules that hold everywhere:

- Ids end in `_id`, moments in `_at` (RFC 3339 with offset), days in `_on` (YYYY-MM-DD), durations in `_seconds`.
- Money is an integer of minor units (cents, fen) beside an ISO 4217 `currency`.
- `owner_id` and `team_id` are as they were at that moment, after the event; later moves do not rewrite them.
- Types are strict: `"5"` is no number, `true` no integer. Ids hold no blank and no `|`; codes no blank, `.`, `$`, `/`.
- Data never carry a person's phone, mail or address.
- A field that holds its default may be left out. Unknown fields are refused at the door and ignored by consumers.
- An event has at most 64 KiB (`event-rejected`: 2 MiB) and lies at most five minutes in the future.
"""

Examples = Mapping[str, str]


def events_page(examples: Examples) -> str:
    """The page; `examples` are the texts of the golden messages by name."""
    return "\n".join(_page(examples)) + "\n"


def _page(examples: Examples) -> Iterator[str]:
    yield _INTRODUCTION
    yield "## Topics"
    yield ""
    yield "| topic | keyed by | written by | what it holds | types |"
    yield "|---|---|---|---|---|"
    for topic in TOPICS.values():
        kept = " The newest record of each key is kept for ever." if topic.compacted else ""
        links = ", ".join(f"[{event.type}](#{event.type})" for event in events_on(topic.name))
        yield f"| [`{topic.name}`](#topic-{topic.name}) | {topic.key} | {topic.owner} | {topic.about}{kept} | {links} |"
    yield ""
    yield "## Around the data"
    yield ""
    yield from field_table(envelope_schema())
    yield ""
    yield (
        "`subject`, `partitionkey` and `dataschema` may be left out: they follow from the data. `time` may be left out "
        "only beside `undated: true`. `recordedtime` is the platform's to write."
    )
    yield ""
    yield "## Why an event is refused"
    yield ""
    yield "| reason | meaning |"
    yield "|---|---|"
    for reason, meaning in REASONS.items():
        yield f"| `{reason}` | {meaning} |"
    for topic in TOPICS.values():
        yield from _topic(topic, examples)


def _topic(topic: TopicSpec, examples: Examples) -> Iterator[str]:
    yield ""
    yield f"## Topic {topic.name}"
    yield ""
    yield f"{topic.about} Keyed by {topic.key}, written by {topic.owner}."
    yield ""
    yield "| type | version | fact |"
    yield "|---|---|---|"
    for event in events_on(topic.name):
        yield f"| [{event.type}](#{event.type}) | {event.version} | {fact_of(event)} |"
    for event in events_on(topic.name):
        yield from _event(event, examples)


def _event(event: type[EventData], examples: Examples) -> Iterator[str]:
    yield ""
    yield f"### {event.type}"
    yield ""
    subject, key = event.subject_field, event.key_field
    yield f"{fact_of(event)} Subject: `{subject}`; key: `{key}`; schema: `{event.data_schema()}`."
    yield ""
    schema = data_schema(event)
    yield from field_table(schema)
    for name, inner in schema.get("$defs", {}).items():
        yield ""
        yield f"{name}: {inner['description']}"
        yield ""
        yield from field_table(inner)
    if event.rules:
        yield ""
        yield "Together: " + " ".join(event.rules)
    if name_of(event) in examples:
        yield ""
        yield "```json"
        yield examples[name_of(event)].strip()
        yield "```"
