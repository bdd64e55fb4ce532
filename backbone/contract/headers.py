"""CloudEvents attributes in headers: binary mode of the Kafka binding (`ce_id`) and of the HTTP binding (`ce-id`)."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from backbone.contract.rejected import Rejected

Headers = Sequence[tuple[str, bytes | None]]

_KAFKA = "ce_"
_HTTP = "ce-"
_CONTENT_TYPE = "content-type"
_EVENTS = "application/cloudevents"
_JSON_EVENT = "application/cloudevents+json"
_OURS = _JSON_EVENT.encode()
# Attributes of ours that are not text; a header has no types.
_INTEGER = re.compile(r"\d{1,10}", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


def is_structured(headers: Headers) -> bool:
    """Whether the value holds the whole event, by content type (Kafka binding 1.0, section 3).

    Raises Rejected for a batch and for event formats other than JSON.
    """
    for name, content in headers:
        if name.lower() == _CONTENT_TYPE:
            if content == _OURS:
                return True
            media_type = (content or b"").decode("utf-8", "replace").partition(";")[0].strip().lower()
            if media_type.startswith(_EVENTS):
                if media_type not in (_EVENTS, _JSON_EVENT):
                    raise Rejected("bad-envelope", f"Send one event as {_JSON_EVENT}, not {media_type[:64]}.")
                return True
    return not any(name.lower().startswith((_KAFKA, _HTTP)) for name, _ in headers)


def attributes_of(headers: Headers) -> dict[str, Any]:
    """The attributes of a binary event, typed as structured JSON would have them; raises Rejected."""
    attributes: dict[str, Any] = {}
    for name, content in headers:
        attribute = _attribute_of(name.lower())
        if attribute is None or content is None:
            continue
        if attribute == "data":
            raise Rejected("unknown-field", "Send the data as the value: data is no attribute.", "/data")
        if attribute in attributes:
            raise Rejected("duplicate-field", f"Send the header {name[:64]!r} once.", f"/{attribute}")
        attributes[attribute] = _typed(attribute, _text(name, content))
    return attributes


def _attribute_of(name: str) -> str | None:
    if name == _CONTENT_TYPE:
        return "datacontenttype"
    if name.startswith((_KAFKA, _HTTP)):
        return name[len(_KAFKA) :]
    return None


def _text(name: str, content: bytes) -> str:
    try:
        # HTTP binding 1.0, section 3.1.3.2: header values are percent-encoded there, and only there.
        return (unquote_to_bytes(content) if name.lower().startswith(_HTTP) else content).decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected("broken-text", f"The header {name[:64]!r} is not UTF-8.") from None


def _typed(attribute: str, text: str) -> str | int | bool:
    if attribute == "sequence" and _INTEGER.fullmatch(text):
        return int(text)
    if attribute == "undated":
        return _BOOLEANS.get(text, text)
    return text


def headers_of(attributes: dict[str, Any]) -> list[tuple[str, bytes]]:
    """The Kafka headers of a binary event, of the attributes as structured JSON has them."""
    headers = [(_CONTENT_TYPE, str(attributes.get("datacontenttype", "application/json")).encode())]
    for attribute, value in attributes.items():
        if attribute != "datacontenttype":
            text = value if isinstance(value, str) else str(value).lower()
            headers.append((_KAFKA + attribute, text.encode()))
    return headers
