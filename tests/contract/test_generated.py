"""What is generated is fresh, whole and true to the models."""

import json
import re
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from backbone.contract.catalogue import CATALOGUE, TOPICS
from backbone.contract.codec import CONTENT_TYPE
from backbone.contract.generate.asyncapi import asyncapi_document
from backbone.contract.generate.files import ROOT, SCHEMAS, breaking, generated_files, stale, write
from backbone.contract.generate.golden import golden_messages
from backbone.contract.generate.yaml_text import yaml_of
from backbone.contract.rejected import REASONS


def test_every_generated_file_is_fresh() -> None:
    assert stale(generated_files()) == [], "run make generate"


def test_no_schema_breaks_what_its_version_promised() -> None:
    assert breaking(generated_files()) == []


def test_a_stale_or_missing_file_is_named_and_written(tmp_path: Path) -> None:
    files = generated_files()
    write(files, tmp_path)
    (tmp_path / "docs/events.md").write_text("old", "utf-8")
    (tmp_path / SCHEMAS / "deal-won.1.json").unlink()
    assert stale(files, tmp_path) == [SCHEMAS / "deal-won.1.json", Path("docs/events.md")]
    write(files, tmp_path)
    assert stale(files, tmp_path) == []


def test_a_change_that_breaks_a_written_schema_is_told_with_the_way_out(tmp_path: Path) -> None:
    write(generated_files(), tmp_path)
    path = tmp_path / SCHEMAS / "deal-won.1.json"
    written = json.loads(path.read_text("utf-8"))
    written["properties"]["discount"] = {"type": "integer"}
    written["required"].remove("currency")
    path.write_text(json.dumps(written), "utf-8")
    way_out = (
        "Add a new version: keep urn:drumbeat:deal-won:1 as it is, raise the model's `version`, write an upcaster."
    )
    assert breaking(generated_files(), tmp_path) == [
        f"data.discount was removed. {way_out}",
        f"data.currency became required. {way_out}",
    ]


def test_no_schema_lies_about_that_nobody_made() -> None:
    known = {f"{event.type}.{version}" for event in CATALOGUE.values() for version in range(1, event.version + 1)}
    assert {path.stem for path in (ROOT / SCHEMAS).glob("*.json")} == known | {"envelope.1"}


def test_every_schema_is_valid_draft_2020_12() -> None:
    for path in (ROOT / SCHEMAS).glob("*.json"):
        Draft202012Validator.check_schema(json.loads(path.read_text("utf-8")))


def test_the_asyncapi_document_names_every_topic_and_type() -> None:
    document = yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text("utf-8"))
    assert document == asyncapi_document(golden_messages())
    assert document["asyncapi"] == "3.0.0"
    assert document["defaultContentType"] == CONTENT_TYPE
    assert set(document["channels"]) == set(TOPICS)
    said = {(channel, message) for channel, content in document["channels"].items() for message in content["messages"]}
    assert said == {(event.topic, event.type) for event in CATALOGUE.values()}
    assert set(document["components"]["messages"]) == set(CATALOGUE)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    text = (ROOT / "docs/asyncapi.yaml").read_text("utf-8")
    document = yaml.safe_load(text)
    for reference in re.findall(r'"\$ref": "([^"]+)"', text):
        if reference.startswith("#/"):
            target = document
            for step in reference.removeprefix("#/").split("/"):
                target = target[step]
        else:
            assert (ROOT / "docs" / reference).resolve().exists(), reference


def test_the_page_of_events_tells_every_topic_type_field_and_reason() -> None:
    page = (ROOT / "docs/events.md").read_text("utf-8")
    for topic in TOPICS:
        assert f"\n## Topic {topic}\n" in page
    for event in CATALOGUE.values():
        section = page.split(f"\n### {event.type}\n")[1].split("\n### ")[0]
        assert all(f"| `{name}` |" in section for name in event.model_fields)
        assert f'"type": "{event.type}"' in section
    assert all(f"| `{reason}` |" in page for reason in REASONS)


# Numbers with an exponent are left out: the reader used here knows YAML 1.1, which takes them for text.
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(0.001, 1e6) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(), PLAIN, min_size=1))
def test_any_plain_object_reads_the_same_from_our_yaml(plain: dict[str, Any]) -> None:
    assert yaml.safe_load(yaml_of(plain)) == plain
