"""The golden messages: what producers and consumers in any language are tested against."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from backbone.contract.catalogue import CATALOGUE
from backbone.contract.codec import decode, encode, encode_binary
from backbone.contract.generate.files import ROOT, SCHEMAS
from backbone.contract.generate.golden import golden_messages, golden_texts
from backbone.contract.generate.schemas import name_of

GOLDEN = golden_messages()
NEWEST = [name_of(event) for event in CATALOGUE.values()]


def schema(name: str) -> Mapping[str, Any]:
    read: Mapping[str, Any] = json.loads((ROOT / SCHEMAS / f"{name}.json").read_text("utf-8"))
    return read


def test_a_golden_message_is_kept_for_every_schema_there_ever_was() -> None:
    schemas = {path.stem for path in (ROOT / SCHEMAS).glob("*.json")} - {"envelope.1"}
    assert set(GOLDEN) == schemas


@pytest.mark.parametrize("name", GOLDEN)
def test_a_golden_message_fulfils_its_schemas(name: str) -> None:
    checker = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(schema("envelope.1"), format_checker=checker).validate(GOLDEN[name])
    Draft202012Validator(schema(name), format_checker=checker).validate(GOLDEN[name]["data"])
    assert schema(name)["$id"] == GOLDEN[name]["dataschema"]


@pytest.mark.parametrize("name", GOLDEN)
def test_a_golden_message_of_any_version_is_read(name: str) -> None:
    envelope = decode(golden_texts()[name].encode())
    assert type(envelope.data) is CATALOGUE[GOLDEN[name]["type"]]


@pytest.mark.parametrize("name", NEWEST)
def test_a_golden_message_is_written_again_as_it_was(name: str) -> None:
    written = json.loads(encode(decode(golden_texts()[name].encode())))
    assert list(written.items()) == list(GOLDEN[name].items())


@pytest.mark.parametrize("name", NEWEST)
def test_a_golden_message_in_binary_mode_is_the_same_event(name: str) -> None:
    envelope = decode(golden_texts()[name].encode())
    headers, value = encode_binary(envelope)
    assert decode(value, headers) == envelope


@pytest.mark.parametrize("name", GOLDEN)
def test_an_id_carries_the_moment_of_the_event(name: str) -> None:
    envelope = decode(golden_texts()[name].encode())
    assert int(envelope.id.replace("-", "")[:12], 16) == envelope.time.timestamp() * 1000
