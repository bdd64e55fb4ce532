"""How much one object of the directory may name, so that the event that tells of it stays within its limit."""

import json
from collections.abc import Sequence
from typing import Final

from backbone.problems import Refused

MOST_BYTES: Final = 48 * 1024
"""Of all lists of one object as JSON; an event may hold 64 KiB."""


def check_bounds(field: str, *lists: Sequence[str]) -> None:
    """Refuse lists that no event could tell of.

    Args:
        field: where the request named them.
        lists: what the object names.

    Raises:
        Refused: together they are larger than `MOST_BYTES`.
    """
    if len(json.dumps(lists, ensure_ascii=False).encode()) > MOST_BYTES:
        raise Refused("names-too-many", "This names too many at once; make several of it.", field=field)
