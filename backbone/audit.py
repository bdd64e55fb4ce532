"""What the audit says of a change: who did what for whom, in which request, and the fields before and after; pure.

An entry is written with the change itself, in the same single-document write (`backbone.outbox`);
the relay moves it to the collection `<objects>_audit`, where `backbone.trail` reads it.

Fields that hold a person's data or something that opens a door are told as changed, never with their
values, so that a person can be forgotten in one place and the audit needs no surgery.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, TypeGuard

from backbone.idempotency import By

personal: Final = MappingProxyType({"personal": True})
"""Marks a dataclass field that holds a person's data: `phone: str = field(metadata=personal)`."""

secret: Final = MappingProxyType({"secret": True})
"""Marks a field that opens something (a key's hash, a signing secret)."""

SCOPE: Final = ("owner_id", "team_id", "group_ids")
"""What row scope is decided by, where an object has it."""


@dataclass(slots=True)
class Differences:
    """What a change did, by the path of each field (`contact/phone`).

    `before` and `after` hold the values as a document store takes them, `withheld` the paths of
    changed fields whose values are told to nobody.
    """

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    withheld: list[str] = field(default_factory=list)


def differences(before: object | None, after: object) -> Differences:
    """What differs between two states of an object (frozen dataclasses of one kind).

    Args:
        before: the earlier state; None = it was just made: every field that holds something differs.
        after: the later state.
    """
    found = Differences()
    _compare(before, after, "", found)
    return found


def entry(
    before: object | None, after: object, did: Sequence[str], *, version: int, at: datetime, recorded: datetime, by: By
) -> dict[str, Any]:
    """The audit's entry of one change, as it is stored; what is empty is left out.

    Args:
        before: the state before; None when the object was just made.
        after: the state after.
        did: types of the events the change gave.
        version: of the object after the change.
        at: when it happened.
        recorded: when the platform took it.
        by: who did it, for whom, in which request.
    """
    differ = differences(before, after)
    told = {
        "v": version,
        "at": recorded,
        "happened_at": at,
        "actor": by.actor,
        "for": by.on_behalf_of,
        "request": by.request_id,
        "cause": by.cause,
        "imported": by.imported,
        "did": list(did) or ["made" if before is None else "changed"],
        "before": differ.before,
        "after": differ.after,
        "withheld": differ.withheld,
        **{name: _plain(getattr(after, name)) for name in SCOPE if hasattr(after, name)},
    }
    return {name: value for name, value in told.items() if value or name in SCOPE}


def _compare(before: object | None, after: object, path: str, found: Differences) -> None:
    for name, masked in _shape(type(after)):
        old, new = getattr(before, name, None), getattr(after, name)
        if old is new or old == new:
            continue
        place = f"{path}{name}"
        if masked:
            found.withheld.append(place)
        elif type(new) in _AS_IT_IS and (old is None or type(old) in _AS_IT_IS):
            if old is not None:
                found.before[place] = old
            found.after[place] = new
        else:
            _differ(old, new, place, found)


def _differ(old: Any, new: Any, place: str, found: Differences) -> None:
    """Note one field that changed; what is made of dataclasses is looked into, so that its masks hold."""
    if _holds_fields(new) or _holds_fields(old):
        _compare_parts({"": old}, {"": new}, place, found)
    elif _holds_parts(new) or _holds_parts(old):
        _compare_parts(_by_name(old), _by_name(new), place, found)
    else:
        if old not in (None, ()):
            found.before[place] = _plain(old)
        if new not in (None, ()):
            found.after[place] = _plain(new)


def _compare_parts(old: Mapping[str, Any], new: Mapping[str, Any], place: str, found: Differences) -> None:
    """Compare dataclasses inside an object, each with the one of the same name before."""
    for name in {**old, **new}:
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        path = f"{place}/{name}" if name else place
        if after is None:
            gone = Differences()
            _compare(None, before, f"{path}/", gone)
            found.before.update(gone.after)
            found.withheld.extend(gone.withheld)
        else:
            _compare(before, after, f"{path}/", found)


def _shape(kind: type) -> tuple[tuple[str, bool], ...]:
    """The fields of a dataclass, and whether their values are withheld."""
    known = _SHAPES.get(kind)
    if known is None:
        known = tuple(
            (one.name, bool(one.metadata.get("personal") or one.metadata.get("secret"))) for one in fields(kind)
        )
        _SHAPES[kind] = known
    return known


_AS_IT_IS: Final = frozenset({str, int, float, bool, datetime})
"""Kinds of values that are told as they are: most fields are of one of them."""

_SHAPES: Final[dict[type, tuple[tuple[str, bool], ...]]] = {}


def _holds_fields(value: object) -> bool:
    return is_dataclass(type(value))


def _holds_parts(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, tuple | list) and bool(value) and _holds_fields(value[0])


def _by_name(parts: Sequence[object] | None) -> dict[str, object]:
    """Dataclasses of a sequence by what they are called: their own id where they have one, else their place."""
    return dict(_named(parts or ()))


def _named(parts: Sequence[object]) -> Iterator[tuple[str, object]]:
    for place, part in enumerate(parts):
        first = _shape(type(part))[0][0]
        yield (str(getattr(part, first)) if first.endswith("_id") else str(place)), part


def _plain(value: Any) -> Any:
    """A value as a document store takes it: an enumeration's value, a date as text, a sequence as a list."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list | frozenset | set):
        return [_plain(one) for one in value]
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name.replace(".", "/"): _plain(one) for name, one in value.items()}
    if _holds_fields(value):  # inside a mapping: what is withheld is left out
        return {name: _plain(getattr(value, name)) for name, hidden in _shape(type(value)) if not hidden}
    return value
