"""Data of any event, made from its JSON Schema: what the schema allows is what an outside system may send."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

Schema = Mapping[str, Any]

_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.builds(
    lambda at, zone: at.replace(tzinfo=UTC).astimezone(zone).isoformat(),
    st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30)),  # noqa: DTZ001 - the zone is put on above
    _OFFSETS,
)
_DAYS = st.dates(date(1970, 1, 1), date(2199, 12, 31)).map(date.isoformat)


def values(schema: Schema, root: Schema | None = None) -> st.SearchStrategy[Any]:
    """Values that the schema allows."""
    root = schema if root is None else root
    if "$ref" in schema:
        return values(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
    if "anyOf" in schema:
        return st.one_of([values(branch, root) for branch in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "object":
        return _objects(schema, root)
    if schema["type"] == "array":
        fewest = schema.get("minItems", 0)
        return st.lists(
            values(schema["items"], root), min_size=fewest, max_size=max(fewest, min(3, schema["maxItems"]))
        )
    return _scalars(schema)


def _objects(schema: Schema, root: Schema) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in schema:
        names = values({"type": "string", **schema["propertyNames"]}, root)
        return st.dictionaries(names, values(schema["additionalProperties"], root), max_size=3)
    required = set(schema.get("required", ()))
    fields = {name: values(field, root) for name, field in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: fields[name] for name in fields if name in required},
        optional={name: fields[name] for name in fields if name not in required},
    )


def _scalars(schema: Schema) -> st.SearchStrategy[Any]:
    match schema:
        case {"type": "null"}:
            made: st.SearchStrategy[Any] = st.none()
        case {"type": "boolean"}:
            made = st.booleans()
        case {"type": "integer"}:
            made = st.integers(schema["minimum"], schema["maximum"])
        case {"type": "number"}:
            low = schema.get("minimum", schema.get("exclusiveMinimum", -1e9))
            made = st.floats(low, schema.get("maximum", 1e9), exclude_min="exclusiveMinimum" in schema)
        case _:
            made = _texts(schema)
    return made


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    match schema:
        case {"format": "date-time"}:
            return MOMENTS
        case {"format": "date"}:
            return _DAYS
        case {"format": "uuid"}:
            return st.uuids().map(str)
        case {"contentEncoding": "base64"}:
            return st.binary(max_size=9).map(lambda content: b64encode(content).decode())
        case {"pattern": pattern}:
            longest = schema.get("maxLength", 300)
            return st.from_regex(pattern.removesuffix("$") + r"\Z").filter(lambda text: len(text) <= longest)
    return st.text(min_size=schema.get("minLength", 0), max_size=min(20, schema["maxLength"]))
