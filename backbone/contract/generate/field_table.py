"""A JSON Schema's fields as a table for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from backbone.contract.generate.schemas import Schema

_FORMS = {"date-time": "moment", "date": "day", "uuid": "UUID"}
_MONEY = {"amount", "from_amount", "value_estimate"}

Field = Mapping[str, Any]


def field_table(schema: Schema) -> Iterator[str]:
    """The lines of a Markdown table: field, type with unit and bounds, meaning."""
    required = schema.get("required", ())
    yield "| field | type | meaning |"
    yield "|---|---|---|"
    for name, field in schema["properties"].items():
        optional = "" if name in required else ", optional"
        yield f"| `{name}` | {_kind(name, field)}{optional} | {_meaning(field)}{_default(field)} |"


def _meaning(field: Field) -> str:
    branches = (field, *field.get("anyOf", ()))
    described = next((branch["description"] for branch in branches if "description" in branch), "")
    return str(described).replace("|", "\\|")


def _default(field: Field) -> str:
    default = field.get("default")
    if default is None or default in ([], {}):
        return ""
    return f" Default: `{str(default).lower()}`."


def _kind(name: str, field: Field) -> str:
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(name, branch) for branch in field["anyOf"]))
    if "$ref" in field:
        return str(field["$ref"]).removeprefix("#/$defs/")
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_kind('', field['items'])}, at most {field['maxItems']}"
    if isinstance(field.get("additionalProperties"), Mapping):
        return f"object by name of {_kind('', field['additionalProperties'])}"
    return _kind_of_scalar(name, field)


def _kind_of_scalar(name: str, field: Field) -> str:
    if "const" in field:
        return f"`{field['const']}`"
    if field.get("type") in {"integer", "number"}:
        return f"{field['type']}{_unit(name)}{_range(field)}"
    if field.get("type") != "string":
        return str(field.get("type"))
    form = str(field.get("format", field.get("contentEncoding", "text")))
    longest = f", at most {field['maxLength']}" if "maxLength" in field else ""
    return f"{_FORMS.get(form, form)}{longest}"


def _unit(name: str) -> str:
    if "seconds" in name.split("_"):
        return " of seconds"
    if name.endswith("_m"):
        return " of metres"
    return " of minor units" if name in _MONEY else ""


def _range(field: Field) -> str:
    low = field.get("minimum", field.get("exclusiveMinimum"))
    high = field.get("maximum", field.get("exclusiveMaximum"))
    if low is None or high is None:
        return ""
    return f", {'above ' if 'exclusiveMinimum' in field else ''}{low} to {high}"
