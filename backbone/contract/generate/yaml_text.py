"""Plain values as block YAML: every scalar is written as JSON, which YAML 1.2 takes as it stands."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

# Anything else, and words YAML takes for booleans or null, is quoted.
_BARE_KEY = re.compile(r"(?!(?i:true|false|null|yes|no|on|off|y|n)$)[A-Za-z_][A-Za-z0-9_.-]*")
# YAML takes these for line breaks or for nothing a text may hold; JSON may write them as escapes.
_UNREADABLE = re.compile(r"[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")

Plain = Mapping[str, "Plain"] | Sequence["Plain"] | str | int | float | bool | None


def yaml_of(value: Mapping[str, Plain]) -> str:
    """An object as a YAML document."""
    return "\n".join(_lines(value, "")) + "\n"


def _lines(value: Plain, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            name = key if _BARE_KEY.fullmatch(key) else _scalar(key)
            if _is_nested(inner):
                yield f"{indent}{name}:"
                yield from _lines(inner, indent + "  ")
            else:
                yield f"{indent}{name}: {_scalar(inner)}"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            if _is_nested(inner):
                first, *rest = _lines(inner, indent + "  ")
                yield f"{indent}- {first.removeprefix(indent + '  ')}"
                yield from rest
            else:
                yield f"{indent}- {_scalar(inner)}"
    else:
        yield f"{indent}{_scalar(value)}"


def _is_nested(value: Plain) -> bool:
    return isinstance(value, Mapping | Sequence) and not isinstance(value, str) and bool(value)


def _scalar(value: Plain) -> str:
    return _UNREADABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
