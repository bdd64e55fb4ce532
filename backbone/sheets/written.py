"""Sheets as bytes: CSV row by row, a workbook by way of a file.

CSV is UTF-8 with a byte order mark (so that spreadsheets read Chinese), by RFC 4180. A text that begins with
one of `= + - @`, a tab or a return gets an apostrophe before it: a spreadsheet would run it as a formula
(OWASP, "CSV Injection"). Numbers are numbers and stay as they are.
"""

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from backbone.sheets.columns import Cell, Sheet

BYTE_ORDER_MARK: Final = "\ufeff"
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
MOST_ROWS: Final = 1_048_576
"""Rows of a worksheet, the header included (the format's own limit)."""
LONGEST_CELL: Final = 32_767
"""Characters of a cell, the same."""

# XML 1.0 has no such characters, so a workbook cannot hold them.
_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def csv_text(rows: Sequence[Sequence[Cell]]) -> str:
    """Rows as CSV text, lines ended by CR LF."""
    page = io.StringIO()
    csv.writer(page, lineterminator="\r\n").writerows([[_word(cell) for cell in row] for row in rows])
    return page.getvalue()


def _word(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
    return repr(cell)


class WorkbookFile:
    """A workbook that is written row by row; a list longer than a worksheet goes on in the next.

    Args:
        sheet: what is written.
        path: where the file shall be.
    """

    def __init__(self, sheet: Sheet, path: Path) -> None:
        self._sheet = sheet
        self._path = path
        self._book = Workbook(write_only=True)
        self._rows = 0
        self._page: Any = None
        self._turn()

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Add rows."""
        for row in rows:
            if self._rows >= MOST_ROWS:
                self._turn()
            self._page.append([self._cell(cell) for cell in row])
            self._rows += 1

    def save(self) -> None:
        """Close the file."""
        self._book.save(self._path)

    def _turn(self) -> None:
        self._page = self._book.create_sheet(f"{self._sheet.name} {len(self._book.worksheets) + 1}"[:31])
        self._page.append(self._sheet.header)
        self._rows = 1

    def _cell(self, cell: Cell) -> Any:
        if isinstance(cell, datetime):
            return cell.astimezone(self._sheet.zone).replace(tzinfo=None)
        if isinstance(cell, str):
            written = WriteOnlyCell(self._page, value=_UNWRITABLE.sub("\ufffd", cell)[:LONGEST_CELL])
            written.data_type = "s"  # a text is a text, whatever it begins with
            return written
        return cell
