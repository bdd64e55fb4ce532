import gzip
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from backbone.contract.fields import Id
from drumbeat.imports.sheet import Row, read_table, slug
from drumbeat.imports.told import Fault
from drumbeat.output import Trouble


def row(text: str) -> tuple[Row, list[Fault]]:
    faults: list[Fault] = []
    return Row("t.csv", 7, {"cell": text}, faults), faults


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1054", "CNY", 105400),
        ("10.5", "EUR", 1050),
        ("10.50", "EUR", 1050),
        ("550", "JPY", 550),
        ("1e3", "CNY", 100000),
    ],
)
def test_an_amount_is_read_in_the_smallest_unit_of_its_currency(text: str, currency: str, minor: int) -> None:
    cell, faults = row(text)

    assert (cell.money("cell", currency), faults) == (minor, [])


@pytest.mark.parametrize("text", ["abc", "-1", "1.005", "NaN", "Infinity", "1e99", "1,054"])
def test_what_is_no_amount_is_named_by_line_and_column(text: str) -> None:
    cell, faults = row(text)

    assert (cell.money("cell", "CNY"), cell.good) == (None, False)
    assert [(fault.file, fault.line, fault.column) for fault in faults] == [("t.csv", 7, "cell")]


def test_days_and_moments_keep_what_was_written() -> None:
    day, _ = row("2017-12-05")
    moment, _ = row("2011-10-01T00:38:44.546+02:00")

    assert day.day("cell") == date(2017, 12, 5)
    assert moment.moment("cell") == datetime(2011, 10, 1, 0, 38, 44, 546000, timezone(timedelta(hours=2)))


@pytest.mark.parametrize("text", ["2017-02-30", "05.12.2017", "2017-12-05T10:00:00Z", "soon"])
def test_what_is_no_day_is_a_fault(text: str) -> None:
    cell, faults = row(text)

    assert (cell.day("cell"), len(faults)) == (None, 1)


@pytest.mark.parametrize("text", ["2011-10-01T00:38:44", "2011-10-01", "", "x"])
def test_what_is_no_moment_with_an_offset_is_a_fault(text: str) -> None:
    cell, faults = row(text)

    assert (cell.moment("cell"), len(faults)) == (None, 1)


def test_lines_are_counted_as_an_editor_counts_them_and_odd_ones_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('\ufeffa,b\n1,"x\ny"\n2\n\n3,z,extra\n4,ok\n', encoding="utf-8")
    faults: list[Fault] = []

    rows = list(read_table(path, ("a", "b"), faults))

    assert [(one.line, one.text("a"), one.text("b")) for one in rows] == [(3, "1", "x\ny"), (7, "4", "ok")]
    assert [(fault.line, fault.column) for fault in faults] == [(4, None), (6, None)]


def test_a_gzipped_table_is_read_as_a_plain_one(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress("名,b\n李雷,1\n".encode()))

    assert [one.text("名") for one in read_table(path, ("名",), [])] == ["李雷"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"x,y\n1,2\n", "has no column a, b"),
        (b'a,b\n"1,2\n', "line 2"),
        (b"a,b\n\xff\xfe,2\n", "not UTF-8"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 1000, mtime=0)[:-20], "cannot be read to its end"),
        (b"", "has no column a, b"),
    ],
)
def test_a_file_that_is_no_such_table_is_one_clear_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)

    with pytest.raises(Trouble, match=said):
        list(read_table(path, ("a", "b"), []))


def test_a_missing_file_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="cannot be opened"):
        list(read_table(tmp_path / "none.csv", ("a",), []))


@given(st.text(max_size=60))
def test_a_slug_always_makes_an_id(name: str) -> None:
    TypeAdapter[str](Id).validate_python(f"crm:{slug(name)}")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Darcel Schlecht", "darcel-schlecht"),
        ("Mei-Mei Johns", "mei-mei-johns"),
        ("Value 1", "value-1"),
        ("李 雷", "李-雷"),
    ],
)
def test_a_name_is_recognised_in_its_slug(name: str, expected: str) -> None:
    assert slug(name) == expected
