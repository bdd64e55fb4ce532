"""Which files are generated, what they should hold, and which of them are stale."""

import json
from collections.abc import Mapping
from pathlib import Path

from backbone.contract.catalogue import CATALOGUE
from backbone.contract.generate.asyncapi import asyncapi_document
from backbone.contract.generate.compatibility import breaking_changes
from backbone.contract.generate.golden import golden_messages, golden_texts
from backbone.contract.generate.page import events_page
from backbone.contract.generate.schemas import ENVELOPE_NAME, data_schema, envelope_schema, name_of, text_of
from backbone.contract.generate.yaml_text import yaml_of

ROOT = Path(__file__).parents[3]
SCHEMAS = Path("backbone/contract/schemas")

Files = Mapping[Path, str]


def generated_files() -> Files:
    """What each generated file should hold, by its path below the repository's root."""
    files = {SCHEMAS / f"{ENVELOPE_NAME}.json": text_of(envelope_schema())}
    for event in CATALOGUE.values():
        files[SCHEMAS / f"{name_of(event)}.json"] = text_of(data_schema(event))
    files[Path("docs/asyncapi.yaml")] = yaml_of(asyncapi_document(golden_messages()))
    files[Path("docs/events.md")] = events_page(golden_texts())
    return files


def stale(files: Files, root: Path = ROOT) -> list[Path]:
    """The files that are missing or hold something else."""
    return [path for path, text in files.items() if not _holds(root / path, text)]


def breaking(files: Files, root: Path = ROOT) -> list[str]:
    """Why the schemas of today may not replace the written ones of the same version, a sentence each."""
    return [
        change
        for path, text in files.items()
        if path.parent == SCHEMAS and (root / path).exists()
        for change in breaking_changes(json.loads((root / path).read_text("utf-8")), json.loads(text))
    ]


def write(files: Files, root: Path = ROOT) -> None:
    """Write the files."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text
