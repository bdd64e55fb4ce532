"""Lists as sheets, CSV and XLSX: streamed, however many rows, with no more than some of them in memory."""

from backbone.sheets.columns import Sheet
from backbone.sheets.response import CSV, XLSX, sheet_response

__all__ = ["CSV", "XLSX", "Sheet", "sheet_response"]
