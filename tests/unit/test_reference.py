"""The OpenAPI documents read like a reference: every body with an example that would be taken, every parameter told."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from backbone.contract.codec import decode
from backbone.settings import Settings
from services.activities.main import build as activities
from services.analytics.main import build as analytics
from services.customers.main import build as customers
from services.directory.main import build as directory
from services.gateway.main import build as gateway
from services.leads.main import build as leads
from services.notifier.main import build as notifier
from services.notifier.settings import NotifierSettings

Operation = tuple[str, dict[str, Any]]


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    made: dict[str, FastAPI] = {
        build.__module__.split(".")[1]: build(Settings())
        for build in (directory, leads, customers, activities, analytics, gateway)
    }
    made["notifier"] = notifier(Settings(), NotifierSettings())
    for service, app in made.items():
        yield service, app.openapi()


DOCUMENTS: Final = dict(documents())


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


@pytest.mark.parametrize("service", DOCUMENTS)
def test_every_body_has_an_example_its_own_schema_takes(service: str) -> None:
    document = DOCUMENTS[service]
    wrong: list[str] = []
    for name, operation in operations(document):
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            shown = media.get("example", next(iter(examples_of(media, document)), None))
            if shown is None:
                wrong.append(f"{name}: no example of {kind}")
                continue
            whole = {**media["schema"], "components": document["components"]}
            faults = [fault.message for fault in Draft202012Validator(whole).iter_errors(shown)]
            wrong += [f"{name}: {fault}" for fault in faults]

    assert wrong == []


def examples_of(media: dict[str, Any], document: dict[str, Any]) -> Iterator[Any]:
    for one in media.get("examples", {}).values():
        yield one["value"]
    model = media["schema"].get("$ref", "").rpartition("/")[2]
    yield from document["components"]["schemas"].get(model, {}).get("examples", ())


@pytest.mark.parametrize("service", DOCUMENTS)
def test_every_route_and_parameter_is_told(service: str) -> None:
    silent = [
        name
        for name, operation in operations(DOCUMENTS[service])
        if not operation.get("summary")
        or not all(parameter.get("description") for parameter in operation.get("parameters", ()))
        or (operation.get("tags") != ["operations"] and not operation.get("description"))
    ]

    assert silent == []


def test_the_event_that_is_shown_is_one_the_gateway_takes() -> None:
    content = DOCUMENTS["gateway"]["paths"]["/events"]["post"]["requestBody"]["content"]

    shown = decode(json.dumps(content["application/cloudevents+json"]["example"]).encode())

    assert shown.type == "visit-logged"
