"""Tables as others write them: every cell checked, every bad one named by line and column."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, Final, TextIO, TypeVar, cast

from pydantic_core import PydanticCustomError

from backbone.contract.fields import read_day, read_moment
from backbone.money import minor_digits
from drumbeat.imports.told import Fault
from drumbeat.output import Trouble

T = TypeVar("T")

GZIP_MAGIC: Final = b"\x1f\x8b"
BROKEN_FILE: Final = (EOFError, OSError, zlib.error)
"""What reading a file that is cut off or damaged raises."""

MOST_MINOR_UNITS: Final = 10**15
_ID: Final = re.compile(r"[^\s|\x00-\x1f\x7f-][^\s|\x00-\x1f\x7f]{0,99}")


class Row:
    """One line of a table; each getter notes a fault when the cell does not hold what is asked."""

    def __init__(self, file: str, line: int, cells: Mapping[str, str], faults: list[Fault]) -> None:
        self.file = file
        self.line = line
        self._cells = cells
        self._faults = faults
        self.good = True

    def fault(self, column: str | None, reason: str) -> None:
        """Note that a cell, or with None the whole line, cannot be used."""
        self.good = False
        self._faults.append(Fault(self.file, self.line, column, reason))

    def text(self, column: str) -> str:
        """The cell without blanks around it; empty when there is nothing."""
        return self._cells[column].strip()

    def needed(self, column: str) -> str:
        """The cell, which must not be empty."""
        found = self.text(column)
        if not found:
            self.fault(column, "is empty")
        return found

    def name(self, column: str) -> str:
        """A name, from which an id is made: it needs a letter or a digit."""
        found = self.needed(column)
        if found and not slug(found):
            self.fault(column, f"{found[:40]!r} holds no letter")
        return found

    def id(self, column: str) -> str:
        """An id: no blanks or bars, up to 100 characters."""
        found = self.needed(column)
        if found and not _ID.fullmatch(found):
            self.fault(column, f"{found[:40]!r} is no id: take out blanks and bars")
        return found

    def known(self, column: str, known: Mapping[str, T], kind: str) -> T | None:
        """What a name stands for; None with a fault for a name nobody gave."""
        found = self.needed(column)
        if found and found not in known:
            self.fault(column, f"{found[:40]!r} is no known {kind}")
        return known.get(found)

    def day(self, column: str) -> date | None:
        """A day written YYYY-MM-DD; None when the cell is empty or bad."""
        if not (found := self.text(column)):
            return None
        try:
            return read_day(found)
        except PydanticCustomError as wrong:
            self.fault(column, f"{found[:40]!r}: {wrong.message()}")
            return None

    def moment(self, column: str) -> datetime | None:
        """A moment by RFC 3339 with an offset; None with a fault when it is not one."""
        found = self.needed(column)
        if not found:
            return None
        try:
            return read_moment(found)
        except PydanticCustomError as wrong:
            self.fault(column, f"{found[:40]!r}: {wrong.message()}")
            return None

    def money(self, column: str, currency: str) -> int | None:
        """An amount in major units as minor units; None when the cell is empty or bad."""
        if not (found := self.text(column)):
            return None
        digits = minor_digits(currency)
        try:
            minor = Decimal(found).scaleb(digits)
        except InvalidOperation:
            self.fault(column, f"{found[:40]!r} is no number")
            return None
        if not minor.is_finite() or not 0 <= minor <= MOST_MINOR_UNITS:
            self.fault(column, f"{found[:40]!r} is no amount: it must not be negative or beyond all bounds")
        elif minor != minor.to_integral_value():
            self.fault(column, f"{found[:40]!r} has more than {digits} decimals, {currency} has no smaller unit")
        else:
            return int(minor)
        return None


def read_table(path: Path, columns: Sequence[str], faults: list[Fault]) -> Iterator[Row]:
    """The rows of a CSV file with a header, plain or gzipped.

    A line with too few or too many cells is a fault and is left out. Line 1 is the header.

    Raises:
        Trouble: the file cannot be read as such a table at all.
    """
    with opened(path) as file:
        reader = csv.reader(file, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            if missing := [name for name in columns if name not in header]:
                raise Trouble(f"{path.name} has no column {', '.join(missing)}: its first line must name the columns")
            for cells in reader:
                line = reader.line_num
                if len(cells) != len(header):
                    if cells:
                        reason = f"has {len(cells)} cells, the first line names {len(header)} columns"
                        faults.append(Fault(path.name, line, None, reason))
                    continue
                yield Row(path.name, line, dict(zip(header, cells, strict=True)), faults)
        except csv.Error as broken:
            raise Trouble(
                f"{path.name}, line {reader.line_num}: {broken}; mend the quotes and import again"
            ) from broken
        except UnicodeDecodeError as broken:
            raise Trouble(f"{path.name}, after line {reader.line_num}: not UTF-8; save the file as UTF-8") from broken
        except BROKEN_FILE as broken:
            raise Trouble(f"{path.name} cannot be read to its end: {broken}") from broken


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """A text file, unzipped when it is gzipped; a byte order mark is taken off.

    Raises:
        Trouble: it cannot be opened.
    """
    with opened_bytes(path) as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
        yield text


@contextmanager
def opened_bytes(path: Path) -> Iterator[IO[bytes]]:
    """The same as bytes.

    Raises:
        Trouble: it cannot be opened.
    """
    try:
        raw = path.open("rb")
    except OSError as away:
        raise Trouble(f"{path} cannot be opened: {away.strerror}") from away
    with raw:
        zipped = raw.peek(2)[:2] == GZIP_MAGIC
        if not zipped:
            yield raw
            return
        with gzip.GzipFile(fileobj=raw) as unzipped:
            yield cast(IO[bytes], unzipped)


def slug(name: str) -> str:
    """A name as part of an id: `Darcel Schlecht` as `darcel-schlecht`."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")
