"""Reading tables as others save them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from backbone.imports.tables import Format, Line, Table
from backbone.problems import Refused

SHANGHAI = ZoneInfo("Asia/Shanghai")


def table(path: Path, content: bytes, format_: Format = "csv") -> Table:
    path.write_bytes(content)
    return Table(path, format_, SHANGHAI)


def lines(found: Table) -> list[Line]:
    try:
        return found.next_lines(100)
    finally:
        found.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.mark.parametrize(
    "content",
    [
        "公司,电话\r\n长城,1\r\n".encode(),
        "\ufeff公司;电话\n长城;1\n".encode(),
        "公司\t电话\n长城\t1".encode("gb18030"),
    ],
)
def test_the_encoding_and_the_separator_are_found(path: Path, content: bytes) -> None:
    found = table(path, content)

    assert found.header == ("公司", "电话")
    assert lines(found) == [(2, ["长城", "1"])]


def test_lines_are_counted_as_a_person_does_and_blank_ones_passed_over(path: Path) -> None:
    found = table(path, b'a,b\n"two\nlines",1\n\n,\n x ,2\n')

    assert lines(found) == [(2, ["two\nlines", "1"]), (6, ["x", "2"])]


def test_reading_goes_on_from_a_line(path: Path) -> None:
    found = table(path, b"a\n1\n2\n3\n4\n")
    found.skip_to(4)

    assert found.next_lines(1) == [(4, ["3"])]
    assert lines(found) == [(5, ["4"])]


def test_a_cell_protected_from_being_a_formula_is_itself_again(path: Path) -> None:
    assert lines(table(path, b"a,b,c\n'=1+1,'tis,'-5\n")) == [(2, ["=1+1", "'tis", "-5"])]


def test_a_workbook_is_read_like_text(path: Path) -> None:
    book = Workbook()
    page = book.worksheets[0]
    page.append(["a", "b", "c", "d", "e", "f"])
    day, moment = datetime(2026, 11, 22), datetime(2026, 11, 22, 9, 30)  # noqa: DTZ001 - a workbook knows no zones
    page.append(["x", 3.0, 2.5, True, day, moment])
    page.append([None, None, None, None, None, None])
    page.append(["=1+1", None, None, None, None, None])
    book.save(path)

    found = Table(path, "xlsx", SHANGHAI)

    assert found.header == ("a", "b", "c", "d", "e", "f")
    # A formula that no spreadsheet has computed has no value: the line is blank.
    assert lines(found) == [(2, ["x", "3", "2.5", "true", "2026-11-22", "2026-11-22T09:30:00+08:00"])]


@pytest.mark.parametrize(
    ("format_", "content", "code"),
    [
        ("csv", b"", "no-header"),
        ("csv", b"\n\n", "no-header"),
        ("csv", b"a,a\n", "column-twice"),
        ("csv", b"\xff\xfe\x00\x80\x81", "no-text"),
        ("csv", b",".join([b"c%d" % number for number in range(201)]), "too-many-columns"),
        ("xlsx", b"no zip", "no-workbook"),
        ("xlsx", b"PK\x05\x06" + bytes(18), "no-workbook"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(path: Path, format_: Format, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        table(path, content, format_)
    assert refused.value.code == code


@pytest.mark.parametrize("broken", [b'a\n"open', b'a\n"x"y\n'])
def test_broken_quotes_name_their_line(path: Path, broken: bytes) -> None:
    found = table(path, broken)
    read: Callable[[], object] = lambda: lines(found)  # noqa: E731
    with pytest.raises(Refused, match="Line 2"):
        read()


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "公司,电话".encode("utf-16")])
def test_what_is_no_text_is_not_read_as_odd_chinese(path: Path, content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        table(path, content)

    assert refused.value.code == "no-text"
