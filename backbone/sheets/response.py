"""Sheets as answers over HTTP."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from fastapi import Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from backbone.sheets.columns import Sheet
from backbone.sheets.written import BYTE_ORDER_MARK, WorkbookFile, csv_text

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Format = Literal["json", "csv", "xlsx"]

SHEETS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One page as JSON, or every row as a sheet.",
        "content": {
            CSV: {"schema": {"type": "string", "description": "UTF-8 with a byte order mark, RFC 4180."}},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
"""How the OpenAPI document tells of them."""

CHUNK_BYTES: Final = 256 * 1024

Shown = AsyncIterator[Sequence[BaseModel]]


async def sheet_response(sheet: Sheet, format_: Literal["csv", "xlsx"], shown: Shown) -> Response:
    """Every row as one file.

    CSV goes out while the rows are read. A workbook is a packed file with its table of contents at the end:
    it is written to a temporary file first, so a long one begins late.

    Args:
        sheet: what it is.
        format_: which of the two.
        shown: the rows, some at a time.
    """
    body, media = (_csv(sheet, shown), f"{CSV}; charset=utf-8") if format_ == "csv" else (_xlsx(sheet, shown), XLSX)
    named = {"content-disposition": f'attachment; filename="{sheet.name}.{format_}"', "cache-control": "no-store"}
    return StreamingResponse(body, media_type=media, headers=named)


async def _csv(sheet: Sheet, shown: Shown) -> AsyncIterator[bytes]:
    yield (BYTE_ORDER_MARK + csv_text([sheet.header])).encode()
    async for some in shown:
        yield (await asyncio.to_thread(csv_text, [sheet.row(one) for one in some])).encode()


async def _xlsx(sheet: Sheet, shown: Shown) -> AsyncIterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="drumbeat-sheet-") as folder:
        path = Path(folder) / f"{sheet.name}.xlsx"
        book = await asyncio.to_thread(WorkbookFile, sheet, path)
        async for some in shown:
            await asyncio.to_thread(book.write, [sheet.row(one) for one in some])
        await asyncio.to_thread(book.save)
        with path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                yield chunk
