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
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"?|([\[{])|([\]}])', re.DOTALL)
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
    for token in _BRACKETS.finditer(value):
        if token[1]:
            depth += 1
        elif token[2]:
            depth -= 1
        if depth > DEEPEST:
            raise Rejected("too-deep", f"Nest at most {DEEPEST} brackets.")


def _refuse_lone_surrogates(read: Any) -> None:
    try:
        json.dumps(read, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Rejected("broken-text", "Half a surrogate pair is no character: write both halves.") from None
