"""From pydantic's findings to the one sentence a sender gets."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from backbone.contract.rejected import Rejected

_REASONS = {
    "missing": "missing-field",
    "extra_forbidden": "unknown-field",
    "string_unicode": "broken-text",
    "wrong_subject": "wrong-subject",
    "wrong_key": "wrong-key",
    "other_type": "bad-envelope",
}
_FIELDS = {"wrong_subject": "/subject", "wrong_key": "/partitionkey"}


def refusal(error: ValidationError, raw: Mapping[str, Any], *, event_type: str, under: str = "") -> Rejected:
    """The first finding as a Rejected; `under` is the JSON pointer of `raw` within the event."""
    found = error.errors(include_url=False, include_input=False)[0]
    kind = found["type"]
    context = found.get("ctx", {})
    where = found["loc"]
    if kind not in _FIELDS and "field" in context:
        where = (*where, context["field"])
    pointer = _FIELDS.get(kind) or under + _pointer(raw, where)
    reason = _REASONS.get(kind) or (
        "wrong-type" if kind.endswith("_type") else "bad-value" if under else "bad-envelope"
    )
    return Rejected(
        reason, _sentence(reason, str(where[-1])[:100] if where else "", found["msg"], event_type), pointer or None
    )


def _pointer(raw: Any, where: tuple[int | str, ...]) -> str:
    """By RFC 6901; stops one step after what is there: pydantic goes on with names of its own (a union's branches)."""
    pointer = ""
    for step in where:
        if not isinstance(raw, Mapping | list | tuple):
            break
        pointer += "/" + str(step)[:200].replace("~", "~0").replace("/", "~1")
        try:
            raw = raw[step]  # type: ignore[index]
        except (LookupError, TypeError):
            break
    return pointer


def _sentence(reason: str, name: str, finding: str, event_type: str) -> str:
    if reason == "missing-field":
        return f"Add {name}: {event_type} requires it."
    if reason == "unknown-field":
        return f"Take out {name!r}: {event_type} has no such field (see docs/events.md)."
    return f"{finding}."
