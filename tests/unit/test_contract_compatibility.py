"""What may change in a schema under the same version, and what needs a new one."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from backbone.contract.activities import VisitLogged
from backbone.contract.boards import BoardChanged
from backbone.contract.catalogue import CATALOGUE
from backbone.contract.envelope import EventData
from backbone.contract.generate.compatibility import breaking_changes
from backbone.contract.generate.schemas import data_schema

Schema = dict[str, Any]


def changed(change: Callable[[Schema], object], event: type[EventData] = VisitLogged) -> list[str]:
    old = data_schema(event)
    new = copy.deepcopy(old)
    change(new)
    return breaking_changes(old, new)


@pytest.mark.parametrize("event", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_a_schema_may_replace_itself(event: type[EventData]) -> None:
    assert breaking_changes(data_schema(event), data_schema(event)) == []


def test_a_new_optional_field_keeps_the_version() -> None:
    assert changed(lambda new: new["properties"].update(mood={"type": "string"})) == []


def test_another_description_keeps_the_version() -> None:
    assert changed(lambda new: new["properties"]["visit_id"].update(description="Which visit.")) == []


def test_a_removed_field_needs_a_new_version_and_the_sentence_says_how() -> None:
    sentence = (
        "data.outcome was removed. Add a new version: keep urn:drumbeat:visit-logged:1 as it is, raise the model's "
        "`version`, write an upcaster."
    )
    assert changed(lambda new: new["properties"].pop("outcome")) == [sentence]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda new: new["required"].append("outcome"), "data.outcome became required."),
        (lambda new: new["required"].remove("started_at"), "data.started_at is required no longer"),
        (lambda new: new["properties"].update(visit_id={"type": "integer"}), "data.visit_id was of type string"),
        (lambda new: new["properties"]["visit_id"].update(maxLength=64), "data.visit_id has a tighter maxLength"),
        (lambda new: new["properties"]["visit_id"].update(minLength=2), "data.visit_id has a tighter minLength"),
        (lambda new: new["properties"]["visit_id"].update(pattern="^v-"), "data.visit_id has another pattern"),
        (lambda new: new["properties"]["started_at"].update(format="date"), "data.started_at has another format"),
        (lambda new: new["properties"]["outcome"]["anyOf"].pop(), "data.outcome may be null no longer."),
        (
            lambda new: new["properties"]["outcome"].update(default="none"),
            "data.outcome has another default: None before.",
        ),
        (
            lambda new: new["properties"]["started_at"].update(anyOf=[{"type": "null"}]),
            "data.started_at may be null now",
        ),
        (lambda new: new["$defs"]["Place"]["properties"].pop("lat"), "data.place.lat was removed."),
        (
            lambda new: new["$defs"]["Place"]["properties"]["lon"].update(maximum=90),
            "data.place.lon has a tighter maximum",
        ),
        (lambda new: new["$defs"]["PlaceCheck"]["properties"]["result"]["enum"].pop(), "takes ['unknown'] no longer."),
        (lambda new: new["$defs"]["PlaceCheck"]["properties"]["result"]["enum"].append("near"), "may be ['near'] now"),
    ],
)
def test_a_change_that_surprises_readers_or_writers_needs_a_new_version(
    change: Callable[[Schema], object], said: str
) -> None:
    assert any(said in sentence for sentence in changed(change))


def test_changes_inside_lists_and_objects_by_name_are_seen() -> None:
    assert "tighter minimum" in changed(_no_negative_figures, BoardChanged)[0]
    assert "metrics has a tighter maxItems" in changed(_fewer_metrics, BoardChanged)[0]


def test_wider_bounds_keep_the_version() -> None:
    assert changed(lambda new: new["properties"]["visit_id"].update(maxLength=256)) == []


def _no_negative_figures(new: Schema) -> None:
    new["$defs"]["DayFigure"]["properties"]["value"]["minimum"] = 0


def _fewer_metrics(new: Schema) -> None:
    new["properties"]["metrics"]["maxItems"] = 10
