"""The columns of a sheet: the fields of a view, those of a part inside it as `part.field`; pure."""

import json
import types
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel

SEPARATOR: Final = ";"
"""Between the words of a cell that holds several."""

Cell = str | int | float | bool | datetime | date | None


@dataclass(frozen=True)
class Sheet:
    """One list as a sheet.

    Args:
        name: of the list; the file is called like it.
        view: how a row is shown.
        zone: the organisation's, for moments in a workbook, which knows no zones.
    """

    name: str
    view: type[BaseModel]
    zone: ZoneInfo

    @cached_property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """The way to each column's value, field by field."""
        return tuple(_paths(self.view))

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [".".join(path) for path in self.paths]

    def row(self, shown: BaseModel) -> list[Cell]:
        """The cells of one row."""
        return [_cell(_at(shown, path)) for path in self.paths]


def _paths(view: type[BaseModel]) -> typing.Iterator[tuple[str, ...]]:
    for name, field in view.model_fields.items():
        inside = _part(field.annotation)
        if inside is None:
            yield (name,)
        else:
            yield from ((name, *path) for path in _paths(inside))


def _part(annotation: Any) -> type[BaseModel] | None:
    """The model of a field that holds one, or holds one or nothing; else None."""
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        some = [each for each in typing.get_args(annotation) if each is not type(None)]
        return _part(some[0]) if len(some) == 1 else None
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _at(shown: object, path: Sequence[str]) -> object:
    value = shown
    for name in path:
        value = getattr(value, name, None)
    return value


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, bool | int | float | datetime | date):
        return value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return value
    plain = _plain(value)
    if isinstance(plain, list) and all(isinstance(one, str) and SEPARATOR not in one for one in plain):
        return SEPARATOR.join(plain)
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
