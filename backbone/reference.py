"""The OpenAPI document, completed to a reference: each request body with an example, each parameter with a sentence.

What a model or route says itself stands; the rest follows from the names, which mean the same thing everywhere
(`docs/events.md` has the same ids). A test holds every example against its own schema.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

Schema = dict[str, Any]

MOMENT: Final = "2026-03-02T09:30:00+08:00"

KNOWN: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "version": 3,
        "at": MOMENT,
        "reason": "asked-for",
        "name": "Great Wall Trading",
        "company_name": "Great Wall Trading",
        "phone": "+86 138 0000 0001",
        "mail": "li.na@example.com",
        "member_id": "m-017",
        "owner_id": "m-017",
        "delegate_id": "m-021",
        "successor_id": "m-021",
        "team_id": "t-shanghai",
        "group_id": "g-key-accounts",
        "territory": "east",
        "lead_id": "l-0311",
        "customer_id": "c-0042",
        "parent_customer_id": "c-0001",
        "into_customer_id": "c-0043",
        "contact_id": "p-0007",
        "product_id": "pump-200",
        "deal_id": "d-0099",
        "visit_id": "v-1204",
        "channel": "fair",
        "campaign": "spring-fair",
        "industry": "machinery",
        "amount": 4_821_000,
        "currency": "CNY",
        "grade": "A",
        "lat": 31.2304,
        "lon": 121.4737,
        "accuracy_m": 12.5,
        "tags": ["key-account"],
        "note": "Wants a quote by Friday.",
        "tax_id": "91310000MA1FL0Q22X",
        "article_id": "a-0012",
        "into_complaint_id": "cp-0031",
        "payment_id": "pay-2026-031",
        "handover_id": "h-0004",
        "number": "CT-2026-017",
        "to_stage": "proposal",
        "label": "Li Na's phone",
        "text": "A good week; call Great Wall first.",
        "words": "The pump in hall 3 leaks.",
        "url": "https://example.com/hooks",
        "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "key": "dk_4f2a",
    }
)
"""What stands in an example under a name, where the field has none of its own."""

INSTEAD: Final = frozenset({"lead_id", "parent_customer_id", "team_id", "contact_id"})
"""What is given instead of something else: an example shows it only where it must be given."""

CALLED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "members": "Li Na",
        "contacts": "Li Na",
        "public": "Li Na",
        "complaint-forms": "Li Na",
        "teams": "East China",
        "groups": "Key accounts",
        "segments": "A and B, not visited for a month",
        "pipelines": "Industrial pumps",
        "deals": "Pumps for hall 3",
        "policies": "Urgent, for A customers",
        "assignment-rules": "Pumps in the east",
        "subscriptions": "Order desk",
    }
)
"""What the objects of a path are called."""

OF_FORMAT: Final[Mapping[str, str]] = MappingProxyType(
    {"date": "2026-03-02", "date-time": MOMENT, "time": "09:00:00", "uri": "https://example.com/hooks"}
)

TOLD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "limit": "Most rows of the answer.",
        "q": "What is looked for: any part of it.",
        "top": "Most rows of the board.",
        "period": "The period, such as `2026-W10`, `2026-03` or `2026-03-02`.",
        "metric": "What is counted, such as `visits`.",
        "token": "The secret part of the link.",
        "number": "Which one, counted from 1.",
        "first_on": "The first day.",
        "column": "Of this column only.",
        "idempotency-key": "Any text; the same request with the same key acts once.",
    }
)
"""What parameters of one name say where their route says nothing."""


def complete(document: Schema) -> Schema:
    """Give every request body an example and every parameter a description, in place.

    Args:
        document: an OpenAPI 3.1 document; answered again.
    """
    schemas: Mapping[str, Schema] = document.get("components", {}).get("schemas", {})
    for path, operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            parameter.setdefault("description", _sentence(parameter["name"], parameter["in"]))
        examples = Examples(schemas, {**KNOWN, "name": _called(path)})
        for media in operation.get("requestBody", {}).get("content", {}).values():
            if not {"example", "examples"} & {*media, *examples.resolved(media.get("schema", {}))}:
                media["example"] = examples.of(media.get("schema", {}))
    return document


class Examples:
    """Values that schemas accept, as like real ones as the names of their fields tell.

    Args:
        schemas: of the document, by name.
        known: what stands under a name where the field has no example of its own.
    """

    def __init__(self, schemas: Mapping[str, Schema], known: Mapping[str, Any]) -> None:
        self._schemas = schemas
        self._known = known

    def of(self, schema: Schema, name: str = "") -> Any:
        """A value of this schema, which stands in a field of this name."""
        schema = self.resolved(schema)
        if own := [*schema.get("examples", ()), *schema.get("enum", ())]:
            return own[0]
        match schema.get("type"):
            case "object":
                return self._object(schema)
            case "array" if name not in self._known:
                return self._array(schema, name)
            case kind:
                return self._known[name] if _is_kind(self._known.get(name), kind) else _plain(schema, kind, name)

    def resolved(self, schema: Schema) -> Schema:
        """The schema itself: behind a reference, and of several forms the first that is not null."""
        while True:
            forms = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if "$ref" in schema:
                schema = {**self._schemas[schema["$ref"].rpartition("/")[2]], **_own(schema)}
            elif forms and "type" not in schema:
                some = [form for form in forms if form.get("type") != "null"] or forms
                schema = {**some[0], **_own(schema)}
            else:
                return schema

    def _object(self, schema: Schema) -> Schema:
        needed = set(schema.get("required", ()))
        return {
            name: self.of(part, name)
            for name, part in schema.get("properties", {}).items()
            if name in needed or self._is_worth_showing(name, part)
        }

    def _array(self, schema: Schema, name: str) -> list[Any]:
        items = schema.get("prefixItems") or [schema.get("items", {})] * max(1, schema.get("minItems", 1))
        return [self.of(item, name.removesuffix("s")) for item in items]

    def _is_worth_showing(self, name: str, schema: Schema) -> bool:
        return name not in INSTEAD and (name in self._known or "examples" in self.resolved(schema))


def _plain(schema: Schema, kind: str | None, name: str) -> Any:
    if "const" in schema or schema.get("default") is not None:
        return schema.get("const", schema.get("default"))
    if kind in ("integer", "number"):
        least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        return int(least) if kind == "integer" else least
    if kind == "string":
        told = OF_FORMAT.get(schema.get("format", "")) or name.removesuffix("_id").replace("_", "-") or "text"
        return told.ljust(schema.get("minLength", 0), "0")
    return True if kind == "boolean" else None


def _is_kind(value: object, kind: str | None) -> bool:
    kinds = {"string": str, "integer": int, "number": int | float, "boolean": bool, "array": list}
    return kind in kinds and isinstance(value, kinds[kind])


def _own(schema: Schema) -> Schema:
    return {name: schema[name] for name in ("examples", "default") if schema.get(name) is not None}


def _called(path: str) -> str:
    """What an object of a path is called in an example."""
    nouns = [part for part in path.split("/") if part in CALLED]
    return CALLED[nouns[-1]] if nouns else KNOWN["name"]


def _operations(document: Schema) -> Iterator[tuple[str, Schema]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if isinstance(operation, dict):
                yield path, operation


def _sentence(name: str, place: str) -> str:
    if name in TOLD:
        return TOLD[name]
    words = name.removesuffix("_id").replace("_", " ").replace("-", " ")
    if place == "path":
        return f"Which {words}, by its id." if name.endswith("_id") else f"Which {words}."
    return f"Of this {words} only."
