"""Bringing data of an old version up to the newest one, a step at a time.

An upcaster is a pure function on the raw JSON data of version n that gives the data of version n + 1. A new optional
field needs none: it keeps the version. Anything else is a new version with an upcaster, so that the log of years ago
can still be read.
"""

from collections.abc import Callable, Mapping
from typing import Any

Upcaster = Callable[[Mapping[str, Any]], dict[str, Any]]

# (type, version it takes) -> the step to the next version.
UPCASTERS: dict[tuple[str, int], Upcaster] = {}


def upcaster(event_type: str, version: int) -> Callable[[Upcaster], Upcaster]:
    """Register the step of `event_type` from `version` to the next one."""

    def register(step: Upcaster) -> Upcaster:
        if (event_type, version) in UPCASTERS:
            raise ValueError(f"{event_type} has a step from version {version} already")
        UPCASTERS[event_type, version] = step
        return step

    return register


def upcast(event_type: str, data: Mapping[str, Any], *, version: int, newest: int) -> Mapping[str, Any]:
    """The data as the newest version would have said them; raises LookupError when a step is missing."""
    for step in range(version, newest):
        data = UPCASTERS[event_type, step](data)
    return data
