"""Lists as sheets: what goes out can be read back as it was."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from fastapi.responses import StreamingResponse
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from backbone.sheets import Sheet, sheet_response
from backbone.sheets.written import FORMULA_STARTS, csv_text

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


class Kind(StrEnum):
    SMALL = "small"


class Contact(BaseModel):
    name: str
    phone: str | None


class Line(BaseModel):
    product_id: str
    amount: int


class Row(BaseModel):
    id: str
    kind: Kind = Kind.SMALL
    amount: int | None = None
    share: float | None = None
    won: bool = False
    on: date | None = None
    at: datetime = NOON
    contact: Contact | None = None
    tags: list[str] = []
    lines: list[Line] = []


HEADER = ["id", "kind", "amount", "share", "won", "on", "at", "contact.name", "contact.phone", "tags", "lines"]
FULL = Row(
    id="r1",
    amount=-5,
    share=0.25,
    won=True,
    on=date(2026, 12, 31),
    contact=Contact(name='泵业 "Ltd", 上海', phone="+86 21 5555 0000"),
    tags=["a", "b"],
    lines=[Line(product_id="pump", amount=3)],
)


async def body(rows: Sequence[Row], format_: Any, *, name: str = "leads") -> bytes:
    async def shown() -> AsyncIterator[Sequence[BaseModel]]:
        for row in rows:
            yield [row]

    answer = await sheet_response(Sheet(name, Row, SHANGHAI), format_, shown())
    assert isinstance(answer, StreamingResponse)
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.{format_}"'
    return b"".join(
        [bytes(chunk) if not isinstance(chunk, str) else chunk.encode() async for chunk in answer.body_iterator]
    )


async def test_a_csv_is_read_back_as_it_went_out() -> None:
    text = await body([FULL, Row(id="r2")], "csv")

    assert text.startswith(b"\xef\xbb\xbfid,")
    assert b"\r\n" in text
    header, full, empty = csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""))
    assert header == HEADER
    assert full == [
        "r1", "small", "-5", "0.25", "true", "2026-12-31", "2026-11-22T04:00:00Z",
        '泵业 "Ltd", 上海', "'+86 21 5555 0000", "a;b", '[{"product_id":"pump","amount":3}]',
    ]  # fmt: skip
    assert empty == ["r2", "small", "", "", "false", "", "2026-11-22T04:00:00Z", "", "", "", ""]


async def test_a_workbook_is_read_back_with_its_kinds_and_moments_where_the_organisation_is() -> None:
    book = openpyxl.load_workbook(io.BytesIO(await body([FULL, Row(id="r2")], "xlsx")))

    header, full, empty = book.worksheets[0].iter_rows(values_only=True)
    assert list(header) == HEADER
    assert list(full) == [
        "r1", "small", -5, 0.25, True, datetime(2026, 12, 31), datetime(2026, 11, 22, 12),  # noqa: DTZ001
        '泵业 "Ltd", 上海', "+86 21 5555 0000", "a;b", '[{"product_id":"pump","amount":3}]',
    ]  # fmt: skip
    assert list(empty)[:3] == ["r2", "small", None]


async def test_a_text_that_looks_like_a_formula_is_none_in_either_form() -> None:
    evil = Row(id="=HYPERLINK(1)", contact=Contact(name="@SUM(A1)", phone="-1+1"))

    text = (await body([evil], "csv")).decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(await body([evil], "xlsx")))

    row = next(csv.reader(io.StringIO(text.splitlines()[1])))
    assert [row[0], *row[7:9]] == ["'=HYPERLINK(1)", "'@SUM(A1)", "'-1+1"]
    assert {cell.data_type for cell in book.worksheets[0][2] if isinstance(cell.value, str)} == {"s"}


async def test_characters_a_workbook_cannot_hold_do_not_break_it() -> None:
    book = openpyxl.load_workbook(io.BytesIO(await body([Row(id="a\x00b\x0bc")], "xlsx")))

    assert book.worksheets[0]["A2"].value == "a\ufffdb\ufffdc"


@given(st.lists(st.lists(st.text() | st.integers() | st.none(), min_size=2, max_size=3), max_size=4))
def test_whatever_is_written_as_csv_is_read_as_the_same_cells(rows: list[list[str | int | None]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(rows), newline="")))

    def plain(cell: str | int | None) -> str:
        text = "" if cell is None else str(cell)
        return f"'{text}" if isinstance(cell, str) and text.startswith(FORMULA_STARTS) else text

    assert read == [[plain(cell) for cell in row] for row in rows]


def test_a_long_list_goes_on_in_the_next_worksheet(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from backbone.sheets import written

    monkeypatch.setattr(written, "MOST_ROWS", 3)
    sheet = Sheet("leads", Line, SHANGHAI)
    book = written.WorkbookFile(sheet, tmp_path / "a.xlsx")
    book.write([sheet.row(Line(product_id=f"p{number}", amount=number)) for number in range(5)])
    book.save()

    read = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert [[row[0] for row in page.iter_rows(values_only=True)] for page in read.worksheets] == [
        ["product_id", "p0", "p1"],
        ["product_id", "p2", "p3"],
        ["product_id", "p4"],
    ]
