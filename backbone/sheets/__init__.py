"""Lists as sheets, CSV and XLSX: streamed, however many rows, with no more than some of them in memory."""

from backbone.sheets.columns import Sheet
from backbone.sheets.response import CSV, SHEETS, XLSX, Format, sheet_response

__all__ = ["CSV", "SHEETS", "XLSX", "Format", "Sheet", "sheet_response"]
