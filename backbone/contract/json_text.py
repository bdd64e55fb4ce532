"""Reading JSON that strangers wrote: RFC 8259 and I-JSON (RFC 7493), and not a step further.

Python's reader takes NaN, keeps the last of two equal names and runs out of stack on deep nesting; here each of
these is refused with its reason.
"""

import json
import re
from typing import Any

from backbone.contract.rejected import Rejected

DEEPEST = 32
# RFC 7493, section 2.2: beyond 2^53 readers disagree on the number; 20 characters hold every 64-bit integer.
LONGEST_INTEGER = 20

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n"
# A text without its end swallows the rest, so that nothing inside it is taken for structure.
_STRUCTURE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)
_STEPS = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


def read_json(value: bytes) -> Any:
    """The value of a JSON text; integers of more than 20 digits are refused.

    Raises Rejected: empty, broken-text, broken-json, too-deep, duplicate-field, bad-value.
    """
    if not value.strip():
        raise Rejected("empty", "Send an event: there is nothing here.")
    if value.startswith(_BYTE_ORDER_MARK):
        raise Rejected("broken-text", "Take off the byte order mark (RFC 8259, section 8.1).")
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Rejected("broken-text", f"Write UTF-8: byte {error.start} is not part of any character.") from None
    _refuse_depth(value)
    try:
        read = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Rejected(
            "broken-json", f"Write JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    if _SURROGATE_ESCAPE.search(value):
        _refuse_lone_surrogates(read)
    return read


def read_object(value: bytes) -> dict[str, Any]:
    """The same for a text that must be one object; raises Rejected not-an-object too."""
    read = read_json(value)
    if not isinstance(read, dict):
        raise Rejected("not-an-object", "Send one JSON object an event.")
    return read


def split_array(value: bytes) -> list[bytes]:
    """The texts of the elements of a JSON array, so that each can be read, and refused, on its own.

    Only the array's own brackets and commas are looked at. Raises Rejected: empty, not-an-array, broken-json.
    """
    value = value.strip(_BLANKS)
    if not value:
        raise Rejected("empty", "Send events: there is nothing here.")
    if not value.startswith(b"["):
        raise Rejected("not-an-array", "Send one JSON array of events.")
    elements = []
    depth = 0
    begin = 1
    for token in _STRUCTURE.finditer(value):
        match token[0]:
            case b"[" | b"{":
                depth += 1
            case b"]" | b"}":
                depth -= 1
                if depth == 0 and token.end() < len(value):
                    raise Rejected("broken-json", "Write JSON: the array ends before the text does.")
            case b"," if depth == 1:
                elements.append(value[begin : token.start()])
                begin = token.end()
            case _:
                pass
    if depth != 0 or not value.endswith(b"]"):
        raise Rejected("broken-json", "Write JSON: the array does not end.")
    last = value[begin:-1]
    return [*elements, last] if elements or last.strip(_BLANKS) else []


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Rejected("duplicate-field", f"Write {twice[:100]!r} once: readers disagree on which of two counts.")
    return read


def _integer(text: str) -> int:
    if len(text) > LONGEST_INTEGER:
        raise Rejected("bad-value", f"No number has {len(text)} digits: the largest is 2^53.")
    return int(text)


def _no_constant(text: str) -> None:
    raise Rejected("broken-json", f"{text} is not JSON: leave the field out, or write a number.")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_integer, parse_constant=_no_constant)


def _refuse_depth(value: bytes) -> None:
    if value.count(b"{") + value.count(b"[") <= DEEPEST:
        return
    depth = 0
    for token in _STRUCTURE.finditer(value):
        depth += _STEPS.get(token[0], 0)
        if depth > DEEPEST:
            raise Rejected("too-deep", f"Nest at most {DEEPEST} brackets.")


def _refuse_lone_surrogates(read: Any) -> None:
    try:
        json.dumps(read, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Rejected("broken-text", "Half a surrogate pair is no character: write both halves.") from None
