"""What must not happen to a schema under the same version number.

A new optional field keeps the number. Whoever reads old events with the new schema, or checks new events by the old one
with fields it does not know left aside, must not be surprised by anything else.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_AT_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_AT_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """Each change that needs a new version, as a sentence; empty when `new` may replace `old`."""
    return [
        f"{change} Add a new version: keep {old.get('$id')} as it is, raise the model's `version`, write an upcaster."
        for change in _changes(old, new, old, new, "data")
    ]


def _changes(old: Schema, new: Schema, old_root: Schema, new_root: Schema, where: str) -> Iterator[str]:
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    if "anyOf" in old or "anyOf" in new:
        yield from _branches(old, new, old_root, new_root, where)
        return
    if old.get("type") != new.get("type"):
        yield f"{where} was of type {old.get('type')} and is of type {new.get('type')}."
        return
    yield from _bounds(old, new, where)
    yield from _fields(old, new, old_root, new_root, where)
    for inner in ("items", "additionalProperties", "propertyNames"):
        if isinstance(old.get(inner), Mapping) and isinstance(new.get(inner), Mapping):
            yield from _changes(old[inner], new[inner], old_root, new_root, f"{where}[]")


def _fields(old: Schema, new: Schema, old_root: Schema, new_root: Schema, where: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in before:
        if name not in after:
            yield f"{where}.{name} was removed."
        else:
            yield from _changes(before[name], after[name], old_root, new_root, f"{where}.{name}")
            # A field at its default is left out of the bytes: another default would change what old events say.
            if "default" in before[name] and after[name].get("default") != before[name]["default"]:
                yield f"{where}.{name} has another default: {before[name]['default']!r} before."
    for name in new.get("required", ()):
        if name not in old.get("required", ()):
            yield f"{where}.{name} became required."
    for name in old.get("required", ()):
        if name in after and name not in new.get("required", ()):
            yield f"{where}.{name} is required no longer, and readers rely on it."


def _bounds(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for bound in (*_AT_LEAST, *_AT_MOST):
        before, after = old.get(bound), new.get(bound)
        if after is None or before == after:
            continue
        if before is None or (after > before if bound in _AT_LEAST else after < before):
            yield f"{where} has a tighter {bound}: {before} before, {after} now."
    for form in ("pattern", "format", "const", "contentEncoding"):
        if form in new and new[form] != old.get(form):
            yield f"{where} has another {form}: {old.get(form)} before, {new[form]} now."
    if "enum" in new and (gone := [value for value in old.get("enum", ()) if value not in new["enum"]]):
        yield f"{where} takes {gone} no longer."
    if "enum" in old and (added := [value for value in new.get("enum", ()) if value not in old["enum"]]):
        yield f"{where} may be {added} now, which readers do not know."


def _branches(old: Schema, new: Schema, old_root: Schema, new_root: Schema, where: str) -> Iterator[str]:
    before, after = _by_type(old, old_root), _by_type(new, new_root)
    for kind in before.keys() - after.keys():
        yield f"{where} may be {kind} no longer."
    for kind in after.keys() - before.keys():
        yield f"{where} may be {kind} now, which readers do not know."
    for kind in before.keys() & after.keys():
        yield from _changes(before[kind], after[kind], old_root, new_root, where)


def _by_type(schema: Schema, root: Schema) -> dict[str, Schema]:
    branches = [_resolved(branch, root) for branch in schema.get("anyOf", (schema,))]
    return {str(branch.get("type")): branch for branch in branches}


def _resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    name = str(schema["$ref"]).removeprefix("#/$defs/")
    resolved: Schema = root["$defs"][name]
    return resolved
