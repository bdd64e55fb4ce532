"""Rows of a file as request bodies, and what is wrong with a cell."""

import csv
import io
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from backbone.bodies import Body
from backbone.contract.fields import Amount, Currency, Day, Id, Moment
from backbone.imports.columns import BadRow, Fault, body_of, column_at, columns_of, mapped
from backbone.imports.tables import unprotected
from backbone.problems import Refused
from backbone.sheets import Sheet
from backbone.sheets.written import csv_text

Mail = Annotated[
    str, Field(pattern=r"^[^@]+@[^@]+$", description="Where letters reach him.", examples=["ann@example.com"])
]


class Person(Body):
    name: str
    phone: str | None = Field(None, description="With country code.")


class Row(Body):
    channel: str
    person: Person | None = None
    tags: list[Id] = Field([], max_length=3)
    worth: Amount | None = None
    currency: Currency | None = None
    score: float | None = None
    hot: bool = False
    seen_at: Moment | None = None
    due_on: Day | None = None
    lines: list[Person] = Field([])
    mail: Mail | None = None


COLUMNS = {column.name: column for column in columns_of(Row)}
NO_MONEY: dict[str, str] = {}


def row(money: dict[str, str] | None = None, **cells: str) -> Any:
    named = {name.replace("__", "."): cell for name, cell in cells.items()}
    places = [COLUMNS[name] for name in named]
    return body_of(list(named.values()), places, COLUMNS, Row, money or NO_MONEY, "CNY")


def faults(money: dict[str, str] | None = None, **cells: str) -> list[Fault]:
    with pytest.raises(BadRow) as bad:
        row(money, **cells)
    return list(bad.value.faults)


def test_a_name_that_is_no_column_is_told_with_those_there_are() -> None:
    with pytest.raises(Refused) as one:
        mapped(["channel", "colour"], {}, COLUMNS)
    with pytest.raises(Refused) as two:
        mapped(["channel", "colour", "size"], {}, COLUMNS)

    assert one.value.detail.startswith("colour is no column here: map each to one of channel, person.name,")
    assert two.value.detail.startswith("colour, size are no columns here:")


def test_a_cell_of_a_wrong_form_is_told_what_the_form_is() -> None:
    assert faults(channel="web", mail="nobody") == [
        Fault("mail", "'nobody' is not in the form it must have. Where letters reach him. Such as ann@example.com.")
    ]


def test_the_columns_are_the_fields_and_those_of_a_part_are_needed_only_where_the_part_is() -> None:
    assert [(one.name, one.kind.value, one.needed) for one in COLUMNS.values()] == [
        ("channel", "text", True),
        ("person.name", "text", False),
        ("person.phone", "text", False),
        ("tags", "words", False),
        ("worth", "integer", False),
        ("currency", "text", False),
        ("score", "number", False),
        ("hot", "boolean", False),
        ("seen_at", "text", False),
        ("due_on", "text", False),
        ("lines", "json", False),
        ("mail", "text", False),
    ]
    assert COLUMNS["person.phone"].about == "With country code."


def test_a_row_becomes_the_body_a_request_would_have() -> None:
    found = row(
        channel="web",
        person__name="王伟",
        person__phone="",
        tags="a; b",
        worth="1,200,000",
        score="0.5",
        hot="是",
        due_on="2026-11-22",
        lines='[{"name": "x"}]',
    )

    assert found == Row.model_validate_json(
        '{"channel": "web", "person": {"name": "王伟"}, "tags": ["a", "b"], "worth": 1200000, "score": 0.5,'
        ' "hot": true, "due_on": "2026-11-22", "lines": [{"name": "x"}]}'
    )


def test_a_part_without_any_cell_is_left_out_and_one_without_its_needed_cell_is_named() -> None:
    assert row(channel="web", person__name="", person__phone="").person is None
    assert faults(channel="web", person__phone="1") == [Fault("person.name", "is empty: each such row needs it")]


def test_every_bad_cell_is_named_by_its_column() -> None:
    assert faults(channel="web", worth="12.5", hot="maybe", score="high", lines="[") == [
        Fault("worth", "must be a whole number"),
        Fault("hot", "must be true or false"),
        Fault("score", "must be a number"),
        Fault("lines", "must be JSON"),
    ]
    assert [one.column for one in faults(channel="web", tags="a;b;c;d", seen_at="yesterday")] == ["tags", "seen_at"]


@pytest.mark.parametrize(
    ("cell", "currency", "minor"), [("12.5", "", 1250), ("1,234.56", "EUR", 123_456), ("7", "JPY", 7)]
)
def test_major_amounts_become_minor_units_of_the_rows_currency(cell: str, currency: str, minor: int) -> None:
    assert row({"worth": "currency"}, channel="web", worth=cell, currency=currency).worth == minor


def test_an_amount_finer_than_the_smallest_unit_is_refused() -> None:
    assert faults({"worth": "currency"}, channel="web", worth="1.005", currency="CNY") == [
        Fault("worth", "has more than 2 decimals; CNY has no smaller unit")
    ]


def test_names_of_the_file_are_mapped_to_columns_or_passed_over() -> None:
    places = mapped(["渠道", "备注", "worth"], {"渠道": "channel", "备注": ""}, COLUMNS)

    assert places == [COLUMNS["channel"], None, COLUMNS["worth"]]


@pytest.mark.parametrize(
    ("header", "mapping", "code"),
    [
        (["channel", "colour"], {}, "unknown-column"),
        (["channel"], {"kanal": "channel"}, "unknown-column"),
        (["channel", "via"], {"via": "channel"}, "column-twice"),
        (["worth"], {}, "column-missing"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_before_any_row(
    header: list[str], mapping: dict[str, str], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        mapped(header, mapping, COLUMNS)
    assert refused.value.code == code


def test_a_line_with_more_cells_than_columns_is_a_fault_as_a_whole() -> None:
    with pytest.raises(BadRow) as bad:
        body_of(["web", "x"], [COLUMNS["channel"]], COLUMNS, Row, NO_MONEY, "CNY")
    assert list(bad.value.faults) == [Fault(None, "has 2 cells, the first line names 1 columns")]


def test_the_place_of_a_problem_leads_to_its_column() -> None:
    assert column_at(["person", "phone"], COLUMNS) == "person.phone"
    assert column_at(["tags", "1"], COLUMNS) == "tags"
    assert column_at([], COLUMNS) is None


class Plain(Body):
    word: str = ""
    number: int | None = None
    share: float | None = None
    yes: bool = False
    words: list[Id] = Field([])


@given(
    st.builds(
        Plain,
        word=st.text(
            st.characters(codec="utf-8", exclude_categories=("Cc", "Zs", "Zl", "Zp", "Cs")), max_size=20
        ).filter(lambda word: word == word.strip() and not word.startswith("'")),
        number=st.none() | st.integers(-(10**15), 10**15),
        share=st.none() | st.floats(-1e9, 1e9, allow_nan=False),
        yes=st.booleans(),
        words=st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True), max_size=4),
    )
)
def test_what_a_sheet_is_exported_as_comes_in_as_the_same(plain: Plain) -> None:
    sheet = Sheet("plain", Plain, ZoneInfo("UTC"))
    (cells,) = csv.reader(io.StringIO(csv_text([sheet.row(plain)]), newline=""))
    columns = {column.name: column for column in columns_of(Plain)}

    again = body_of(
        [unprotected(cell) for cell in cells], [columns[name] for name in sheet.header], columns, Plain, {}, "CNY"
    )

    assert again == plain
