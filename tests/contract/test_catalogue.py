"""The catalogue is whole: every type has a model, a schema and a golden message, and keeps the naming rules."""

import json
import re
from typing import Any

import pytest

from backbone.contract.catalogue import CATALOGUE, TOPICS, events_on
from backbone.contract.envelope import EventData, OwnedEvent
from backbone.contract.generate.files import ROOT, SCHEMAS
from backbone.contract.generate.golden import golden_messages
from backbone.contract.generate.schemas import data_schema, fact_of, name_of
from backbone.contract.upcast import UPCASTERS

# As the house plan lists them; a type that is added or lost is meant to show here.
TYPES = {
    "leads": "lead-created lead-assigned lead-claimed lead-released lead-recycled lead-idle lead-revised lead-inquired "
    "lead-contact-erased lead-qualified lead-disqualified lead-reopened lead-merged lead-unmerged lead-converted",
    "customers": "customer-created customer-graded customer-revised customer-tagged customer-parent-changed "
    "customer-shared customer-owner-changed customer-merged customer-unmerged contact-added contact-revised "
    "contact-removed",
    "deals": "pipeline-changed deal-opened stage-changed deal-revised deal-owner-changed deal-won deal-lost "
    "deal-reopened quote-sent quote-answered contract-advanced contract-signed payment-due payment-received "
    "payment-matched",
    "activities": "visit-planned visit-replanned visit-cancelled visit-missed visit-started visit-logged visit-voided "
    "follow-up-logged follow-up-voided follow-up-planned follow-up-replanned follow-up-cancelled follow-up-missed "
    "shift-started shift-ended report-filed report-missed report-commented",
    "complaints": "complaint-opened complaint-judged complaint-assigned complaint-replied complaint-paused "
    "complaint-resumed complaint-resolved complaint-reopened complaint-closed complaint-merged satisfaction-rated",
    "directory": "member-joined member-moved member-left member-changed duty-changed delegation-started "
    "delegation-ended team-changed group-changed territory-changed target-proposed target-returned target-set",
    "alerts": "alert-raised alert-cleared",
    "boards": "board-changed funnel-changed",
    "dead-letters": "event-rejected",
}

every_event = pytest.mark.parametrize("event", CATALOGUE.values(), ids=CATALOGUE.keys())


def test_the_catalogue_holds_exactly_the_types_of_the_house_plan() -> None:
    assert {topic: {event.type for event in events_on(topic)} for topic in TOPICS} == {
        topic: set(types.split()) for topic, types in TYPES.items()
    }


def test_only_the_boards_are_compacted() -> None:
    assert [topic.name for topic in TOPICS.values() if topic.compacted] == ["boards"]


@every_event
def test_a_type_has_a_model_a_schema_and_a_golden_message(event: type[EventData]) -> None:
    assert (ROOT / SCHEMAS / f"{name_of(event)}.json").exists()
    assert name_of(event) in golden_messages()


@every_event
def test_a_class_is_named_after_its_type_and_states_one_fact(event: type[EventData]) -> None:
    assert re.sub(r"(?<!^)(?=[A-Z])", "-", event.__name__).lower() == event.type
    assert re.fullmatch(r"[A-Z][^.]*\.", fact_of(event))


@every_event
def test_fields_are_named_by_their_kind_and_described(event: type[EventData]) -> None:
    for where, name, field in _fields(data_schema(event)):
        forms = {branch.get("format") for branch in (field, *field.get("anyOf", ()))}
        assert ("date-time" in forms) == name.endswith("_at"), where
        assert ("date" in forms) == name.endswith("_on"), where
        assert _described(field), where


@every_event
def test_money_has_a_currency_beside_it(event: type[EventData]) -> None:
    fields = event.model_fields
    assert ("amount" not in fields and "value_estimate" not in fields) or "currency" in fields


def test_events_of_the_business_say_who_owned_it() -> None:
    owned = {event.topic for event in CATALOGUE.values() if issubclass(event, OwnedEvent)}
    # A pipeline is the organisation's: deals in it are owned, it is not.
    unowned = [event for event in CATALOGUE.values() if not issubclass(event, OwnedEvent)]
    other = {event.topic for event in unowned if event.type != "pipeline-changed"}
    assert owned == {"leads", "customers", "deals", "activities", "complaints", "alerts"}
    assert other == {"directory", "boards", "dead-letters"}


@every_event
def test_every_older_version_has_a_step_to_the_newest(event: type[EventData]) -> None:
    assert {version for kind, version in UPCASTERS if kind == event.type} == set(range(1, event.version))


def _fields(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    whole = {schema["title"]: schema, **schema.get("$defs", {})}
    return [
        (f"{title}.{name}: {json.dumps(field)}", name, field)
        for title, part in whole.items()
        for name, field in part.get("properties", {}).items()
    ]


def _described(field: dict[str, Any]) -> bool:
    return any("description" in branch for branch in (field, *field.get("anyOf", ())))
