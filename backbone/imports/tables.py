"""Reading tables: CSV and XLSX files as rows of text, line by line, however many there are.

CSV may be UTF-8 (with or without a byte order mark) or GB 18030, which is what spreadsheets in China save;
cells are separated by a comma, a semicolon or a tab, whichever the first line has most of. A text that an
export protected from being run as a formula (`'=1+1`) loses its apostrophe again.
"""

import codecs
import csv
import itertools
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from backbone.problems import Refused
from backbone.sheets.written import FORMULA_STARTS

Format = Literal["csv", "xlsx"]
Line = tuple[int, list[str]]
"""A line's number as a person counts it (the first line is 1), and its cells."""

ENCODINGS: Final = ("utf-8-sig", "gb18030")
SEPARATORS: Final = (",", ";", "\t")
LONGEST_CELL: Final = 32_767
MOST_COLUMNS: Final = 200
_PIECE: Final = 1 << 20


class Table:
    """A file opened for reading from its first line on.

    Args:
        path: the file.
        format_: how it is written.
        zone: the organisation's: a workbook's moments know none.

    Raises:
        Refused: it is no such file, or its first line does not name its columns.
    """

    def __init__(self, path: Path, format_: Format, zone: ZoneInfo) -> None:
        self._source = _csv_lines(path) if format_ == "csv" else _workbook_lines(path, zone)
        self._lines: Iterator[Line] = self._source
        _, cells = next(self._lines, (1, []))
        self.header: Final = tuple(cell.strip() for cell in cells)
        _check_header(self.header)

    def next_lines(self, most: int) -> list[Line]:
        """The next lines that are not blank; fewer than asked at the end.

        Raises:
            Refused: the file is broken there.
        """
        return list(itertools.islice((line for line in self._lines if any(line[1])), most))

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def skip_to(self, number: int) -> None:
        """Go past every line before this number."""
        self._lines = itertools.dropwhile(lambda line: line[0] < number, self._lines)


def _check_header(header: Sequence[str]) -> None:
    if not any(header):
        raise Refused("no-header", "The first line must name the columns; the file has none.")
    if len(header) > MOST_COLUMNS:
        raise Refused("too-many-columns", f"A file has {MOST_COLUMNS} columns at most; this one has {len(header)}.")
    named = [name for name in header if name]
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise Refused("column-twice", f"The first line names {', '.join(twice)} twice; rename or remove one.")


def _csv_lines(path: Path) -> Generator[Line, None, None]:
    encoding = _encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline()
        file.seek(0)
        reader = csv.reader(file, delimiter=max(SEPARATORS, key=first.count), strict=True)
        number = 1
        try:
            for cells in reader:
                # A cell may hold line breaks: a row is called by the line it begins in.
                yield number, [unprotected(cell.strip()) for cell in cells]
                number = reader.line_num + 1
        except csv.Error as broken:
            raise Refused(
                "broken-csv", f"Line {reader.line_num}: {broken}; mend the quotes there and import again."
            ) from broken


def _encoding_of(path: Path) -> str:
    with path.open("rb") as file:
        if b"\0" in file.read(_PIECE):
            # GB 18030 reads nearly any bytes: a picture, a workbook or UTF-16 would pass as odd Chinese.
            raise Refused("no-text", "The file is no text table: save it as CSV in UTF-8, or as a workbook (.xlsx).")
    for encoding in ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Refused("no-text", "The file is neither UTF-8 nor GB 18030 text; save it as CSV in UTF-8.")


def unprotected(cell: str) -> str:
    """A cell as it was before an export protected it from being run as a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA_STARTS) else cell


def _workbook_lines(path: Path, zone: ZoneInfo) -> Generator[Line, None, None]:
    with path.open("rb") as file:
        try:
            book = load_workbook(file, read_only=True, data_only=True)
        except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as broken:
            raise Refused("no-workbook", "The file is no XLSX workbook; save it as .xlsx or as CSV.") from broken
        try:
            for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
                yield number, [_text_of(cell, zone) for cell in cells]
        except (zipfile.BadZipFile, zlib.error, SyntaxError) as broken:
            raise Refused("broken-workbook", "The workbook is damaged; save it again.") from broken
        finally:
            book.close()


def _text_of(cell: Any, zone: ZoneInfo) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.replace(tzinfo=zone).isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return "" if cell is None else str(cell).strip()[:LONGEST_CELL]
