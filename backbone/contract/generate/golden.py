"""Golden messages: one real-looking event of every type and version, written by hand and checked by reading.

Producers and consumers in any language can test against them; the documents show them as examples.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent.parent / "golden"


def golden_texts() -> dict[str, str]:
    """The text of each golden message by name, such as `visit-logged.1`."""
    return {path.name.removesuffix(".json"): path.read_text("utf-8") for path in sorted(GOLDEN.glob("*.json"))}


def golden_messages() -> dict[str, Mapping[str, Any]]:
    """Each golden message by name."""
    return {name: json.loads(text) for name, text in golden_texts().items()}
