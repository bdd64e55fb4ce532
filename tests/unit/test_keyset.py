"""Walking through documents page by page, against a store that is a list."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.keyset import NEWEST_FIRST, Order, Place, both, closed, opened, place_of, walks
from backbone.problems import Refused

FIRST, LAST = datetime(1970, 1, 2), datetime(2199, 1, 1)  # noqa: DTZ001 - hypothesis wants bounds without a zone
WORDS = st.text(st.characters(exclude_categories=["Cs"]))
ROWS = st.lists(st.none() | st.integers(-3, 3), max_size=12)


def meets(row: dict[str, Any], condition: dict[str, Any]) -> bool:
    """Whether a document store finds the row: a bound never finds what is null."""
    for name, wanted in condition.items():
        value = row[name]
        if not isinstance(wanted, dict):
            if value != wanted:
                return False
        elif value is None:
            return False
        else:
            holds = {"$lt": lambda v, w: v < w, "$gt": lambda v, w: v > w, "$gte": lambda v, w: v >= w}
            if not all(holds[step](value, bound) for step, bound in wanted.items()):
                return False
    return True


def walk(rows: list[dict[str, Any]], order: Order, after: Place | None, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for condition, sort in walks(order, after):
        some = [row for row in rows if meets(row, condition)]
        for name, way in reversed(sort):
            # A document store puts null below everything.
            some.sort(key=lambda row, name=name: (row[name] is not None, row[name] or 0), reverse=way < 0)  # type: ignore[misc]
        found += some[: limit - len(found)]
    return found


@given(ROWS, st.integers(1, 4), st.booleans())
def test_pages_give_every_row_once_in_order_with_those_without_a_value_last(
    values: list[int | None], limit: int, falling: bool
) -> None:
    rows = [{"_id": place + 1, "n": value} for place, value in enumerate(values)]
    order = Order("n", falling, int)

    found: list[dict[str, Any]] = []
    after = None
    while page := walk(rows, order, after, limit):
        found += page
        after = place_of(page[-1], order)

    sign = -1 if falling else 1
    expected = sorted(rows, key=lambda row: (row["n"] is None, sign * (row["n"] or 0), sign * row["_id"]))  # type: ignore[operator]
    assert found == expected


@given(
    st.none() | st.datetimes(FIRST, LAST),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_a_cursor_leads_back_to_where_the_page_ended(value: datetime | None, id_: str) -> None:
    at = None if value is None else value.replace(tzinfo=UTC, microsecond=value.microsecond // 1000 * 1000)
    order = Order("state.created_at", True, datetime)

    assert opened(order, closed(order, Place(id_, at))) == Place(id_, at)


@pytest.mark.parametrize("cursor", ["%", "AAAA", "W10", "bnVsbA", closed(Order("n", False, int), Place("a", 1))])
def test_a_cursor_that_is_damaged_or_of_another_order_is_refused(cursor: str) -> None:
    with pytest.raises(Refused) as refused:
        opened(NEWEST_FIRST, cursor)
    assert refused.value.code == "bad-cursor"


@given(st.text(max_size=40))
def test_whatever_is_sent_as_a_cursor_is_understood_or_refused(cursor: str) -> None:
    for order in (NEWEST_FIRST, Order("n", True, int), Order("at", False, datetime), Order("x", False, float)):
        try:
            opened(order, cursor)
        except Refused:
            continue


def test_conditions_on_one_field_are_one_where_both_can_be_asked_at_once() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    later = now + timedelta(days=1)

    assert both({"a": 1}, {"b": 2}) == {"a": 1, "b": 2}
    assert both({"at": {"$gte": now}}, {"at": {"$lt": later}}) == {"at": {"$gte": now, "$lt": later}}
    assert both({"owner": "li"}, {"owner": "mei"}) == {"owner": "li", "$and": [{"owner": "mei"}]}
    assert both({"at": {"$lt": now}}, {"at": {"$lt": later}}) == {
        "at": {"$lt": now},
        "$and": [{"at": {"$lt": later}}],
    }
    assert both({"$or": [{"a": 1}]}, {"$or": [{"b": 1}]}) == {"$or": [{"a": 1}], "$and": [{"$or": [{"b": 1}]}]}
