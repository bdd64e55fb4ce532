"""From a row of text to a request body: the columns a body has, and what is wrong with a cell; pure."""

import json
import types
import typing
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from backbone.bodies import Body
from backbone.money import minor_digits
from backbone.problems import Refused

SEPARATOR: Final = ";"
"""Between the words of a cell that holds several; the same as in an exported sheet."""


class Kind(StrEnum):
    """How a cell is read."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    WORDS = "words"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `name` is the way to the body's field, such as `contact.phone`."""

    name: str
    kind: Kind
    needed: bool
    about: str

    @property
    def path(self) -> tuple[str, ...]:
        """The way, field by field."""
        return tuple(self.name.split("."))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row; `column` is None when it is the row as a whole."""

    column: str | None
    reason: str


class BadRow(Exception):
    """A row no body can be made of."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(fault.reason for fault in faults))
        self.faults = faults


def columns_of(body: type[BaseModel], before: str = "", needed: bool = True) -> Iterator[Column]:
    """The columns of a body: its fields, those of a part inside it as `part.field`."""
    for name, field in body.model_fields.items():
        here, must = f"{before}{name}", needed and field.is_required()
        plain = _plain(field.annotation)
        if isinstance(plain, type) and issubclass(plain, BaseModel):
            yield from columns_of(plain, f"{here}.", must)
        else:
            yield Column(here, _kind(plain), must, _about(field))


def _about(field: FieldInfo) -> str:
    said = [field, *_said_inside(field.annotation)]
    description = next((one.description for one in said if one.description), "")
    examples = next((one.examples for one in said if one.examples), [])
    such = f"Such as {', '.join(map(str, examples))}." if examples else ""
    return f"{description} {such}".strip()


def _said_inside(annotation: Any) -> Iterator[FieldInfo]:
    """What is said of a type itself, also where it may be None."""
    for part in typing.get_args(annotation):
        if isinstance(part, FieldInfo):
            yield part
        else:
            yield from _said_inside(part)


def _plain(annotation: Any) -> Any:
    """A type without what is said around it, and without the None it may also be."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _plain(typing.get_args(annotation)[0])
    if origin in {typing.Union, types.UnionType}:
        some = [one for one in typing.get_args(annotation) if one is not type(None)]
        return _plain(some[0]) if len(some) == 1 else annotation
    return annotation


def _kind(plain: Any) -> Kind:
    if typing.get_origin(plain) in {list, tuple, set, frozenset, Sequence}:
        inside = _plain(typing.get_args(plain)[0])
        return Kind.WORDS if _kind(inside) is Kind.TEXT else Kind.JSON
    if plain is bool:
        return Kind.BOOLEAN
    if plain is int:
        return Kind.INTEGER
    if plain is float:
        return Kind.NUMBER
    if typing.get_origin(plain) is dict or plain is dict or (isinstance(plain, type) and issubclass(plain, BaseModel)):
        return Kind.JSON
    return Kind.TEXT


def mapped(header: Sequence[str], mapping: Mapping[str, str], columns: Mapping[str, Column]) -> list[Column | None]:
    """The column each place of a line stands for; None = it is passed over.

    Args:
        header: the names in the file's first line.
        mapping: by such a name, the column it means; "" = pass it over. A name not mapped means itself.
        columns: of the kind, by name.

    Raises:
        Refused: a name means no column, two mean the same, or a needed column is missing.
    """
    if strange := sorted(set(mapping) - set(header)):
        raise Refused(
            "unknown-column", f"The file has no column {', '.join(strange)}; see its first line.", field="/mapping"
        )
    meant = [mapping.get(name, name) for name in header]
    if unknown := sorted({name for name in meant if name and name not in columns}):
        raise Refused(
            "unknown-column",
            f"{_none_of_them(unknown)} here: map each to one of {', '.join(columns)}, or to an empty text to pass it "
            f"over.",
            field="/mapping",
        )
    if twice := sorted({name for name in meant if name and meant.count(name) > 1}):
        raise Refused("column-twice", f"Two columns of the file mean {', '.join(twice)}.", field="/mapping")
    if missing := [name for name, column in columns.items() if column.needed and name not in meant]:
        raise Refused("column-missing", f"The file lacks {', '.join(missing)}: each row needs it.", field="/mapping")
    return [columns[name] if name else None for name in meant]


def _none_of_them(names: Sequence[str]) -> str:
    return f"{names[0]} is no column" if len(names) == 1 else f"{', '.join(names)} are no columns"


def body_of(
    cells: Sequence[str],
    places: Sequence[Column | None],
    columns: Mapping[str, Column],
    body: type[Body],
    money: Mapping[str, str],
    currency: str,
) -> Body:
    """The body a row makes; an empty cell leaves its field as it would be by default.

    Args:
        cells: of the line.
        places: the column of each cell.
        columns: all the kind has, by name.
        body: of the request.
        money: by column of an amount in major units, the column of its currency; empty = amounts are minor units.
        currency: where the row names none, ISO 4217.

    Raises:
        BadRow: some cells are no good.
    """
    if len(cells) > len(places) and any(cells[len(places) :]):
        raise BadRow([Fault(None, f"has {len(cells)} cells, the first line names {len(places)} columns")])
    told = {column.name: cell for column, cell in zip(places, cells, strict=False) if column is not None and cell}
    faults: list[Fault] = []
    said: dict[str, Any] = {}
    for column in places:
        if column is None or column.name not in told:
            continue
        try:
            if column.name in money:
                value: Any = _minor(told[column.name], told.get(money[column.name], currency))
            else:
                value = _value(told[column.name], column.kind)
        except ValueError as wrong:
            faults.append(Fault(column.name, str(wrong)))
            continue
        _put(said, column.path, value)
    if faults:
        raise BadRow(faults)
    try:
        return body.model_validate_json(json.dumps(said))
    except ValidationError as wrong:
        raise BadRow([_fault(error, columns) for error in wrong.errors(include_url=False)]) from wrong


def _fault(error: Mapping[str, Any], columns: Mapping[str, Column]) -> Fault:
    name = column_at([str(part) for part in error["loc"]], columns)
    match error["type"]:
        case "missing":
            return Fault(name, "is empty: each such row needs it")
        case "string_pattern_mismatch":
            column = columns.get(name or "")
            form = (column.about if column else "") or f"Its pattern: {error['ctx']['pattern']}"
            return Fault(name, f"{str(error['input'])[:40]!r} is not in the form it must have. {form}")
        case _:
            return Fault(name, str(error["msg"]))


def column_at(path: Sequence[str], columns: Collection[str]) -> str | None:
    """The column a place in the body comes from: `tags` for its third word; None = no one column."""
    ways = (".".join(path[:length]) for length in range(len(path), 0, -1))
    return next((way for way in ways if way in columns), path[0] if path else None)


def _put(said: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        said = said.setdefault(part, {})
    said[path[-1]] = value


def _value(cell: str, kind: Kind) -> Any:
    match kind:
        case Kind.TEXT:
            return cell
        case Kind.INTEGER:
            return _integer(cell)
        case Kind.NUMBER:
            return float(_decimal(cell))
        case Kind.BOOLEAN:
            return _boolean(cell)
        case Kind.WORDS:
            return [word.strip() for word in cell.split(SEPARATOR) if word.strip()]
        case Kind.JSON:
            return _json(cell)


def _integer(cell: str) -> int:
    number = _decimal(cell)
    if number != number.to_integral_value():
        raise ValueError("must be a whole number")
    return int(number)


def _decimal(cell: str) -> Decimal:
    try:
        number = Decimal(cell.replace(",", "") if "." in cell or cell.count(",") > 1 else cell)
    except InvalidOperation:
        raise ValueError("must be a number") from None
    if not number.is_finite() or abs(number) > 10**18:
        raise ValueError("must be a number within bounds")
    return number


def _minor(cell: str, currency: str) -> int:
    digits = minor_digits(currency)
    minor = _decimal(cell).scaleb(digits)
    if minor != minor.to_integral_value():
        raise ValueError(f"has more than {digits} decimals; {currency} has no smaller unit")
    return int(minor)


def _boolean(cell: str) -> bool:
    match cell.casefold():
        case "true" | "yes" | "1" | "是":
            return True
        case "false" | "no" | "0" | "否":
            return False
        case _:
            raise ValueError("must be true or false")


def _json(cell: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError:
        raise ValueError("must be JSON") from None
