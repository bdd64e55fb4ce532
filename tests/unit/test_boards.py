from datetime import date
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from backbone.calendar import ALL_TIME, KINDS, parse_period, period_of
from services.analytics.domain.boards import Board, Row, Shelf, Standing, board


def standing(
    member: str, day: date, value: int, *, team: str | None = "north", reached: int = 0, revision: int = 1
) -> Standing:
    return Standing(
        id=f"{member}|{team or '-'}|{day:%Y-%m}",
        member_id=member,
        team_id=team,
        year=day.year,
        month=day.month,
        revision=revision,
        figures={"visits": {day.day: (value, reached)}},
    )


def shelf(*standings: Standing) -> Shelf:
    filled = Shelf()
    for each in standings:
        filled.put(each)
    return filled


def test_the_higher_value_ranks_first_then_who_reached_it_first_then_the_id() -> None:
    day = date(2017, 12, 5)
    filled = shelf(
        standing("dora", day, 2, reached=20),
        standing("carl", day, 2, reached=10),
        standing("bert", day, 2, reached=10),
        standing("anna", day, 3, reached=99),
    )

    assert board(filled, "visits", ALL_TIME, None).rows == [
        Row(1, "anna", 3, 99),
        Row(2, "bert", 2, 10),
        Row(3, "carl", 2, 10),
        Row(4, "dora", 2, 20),
    ]


def test_a_team_board_counts_what_was_done_for_its_teams_only() -> None:
    day = date(2017, 12, 5)
    filled = shelf(
        standing("anna", day, 3), standing("anna", day, 5, team="south"), standing("bert", day, 1, team=None)
    )

    assert [(row.member_id, row.value) for row in board(filled, "visits", ALL_TIME, {"north"}).rows] == [("anna", 3)]
    assert [(row.member_id, row.value) for row in board(filled, "visits", ALL_TIME, None).rows] == [
        ("anna", 8),
        ("bert", 1),
    ]


def test_what_nobody_owns_counts_in_the_total_and_takes_no_place() -> None:
    day = date(2017, 12, 5)
    filled = shelf(standing("anna", day, 3), standing("-", day, 5, team=None))

    assert board(filled, "visits", ALL_TIME, None) == Board([Row(1, "anna", 3, 0)], 8)


def test_who_has_nothing_left_is_not_on_the_board() -> None:
    assert board(shelf(standing("anna", date(2017, 12, 5), 0)), "visits", ALL_TIME, None) == Board([], 0)


def test_a_week_over_the_turn_of_the_year_takes_days_of_both_months() -> None:
    filled = shelf(
        standing("anna", date(2020, 12, 27), 1),
        standing("anna", date(2020, 12, 28), 10, team="south"),
        standing("anna", date(2021, 1, 3), 100),
        standing("anna", date(2021, 1, 4), 1000, team="south"),
    )

    assert board(filled, "visits", parse_period("2020-W53"), None).rows[0].value == 110


def test_an_older_revision_never_replaces_a_newer_one() -> None:
    day = date(2017, 12, 5)
    for order in permutations([1, 2, 3]):
        filled = shelf(*[standing("anna", day, value, revision=value) for value in order])

        assert board(filled, "visits", ALL_TIME, None).rows[0].value == 3


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.dates(date(2019, 12, 1), date(2021, 2, 1)), st.integers(1, 5)), max_size=30
    )
)
def test_every_kind_of_period_adds_up_to_all_time(entries: list[tuple[str, date, int]]) -> None:
    filled = shelf(*[standing(m, day, value, team=f"t{i}") for i, (m, day, value) in enumerate(entries)])
    whole = sum(row.value for row in board(filled, "visits", ALL_TIME, None).rows)

    assert whole == sum(value for _, _, value in entries)
    for kind in KINDS:
        periods = {period_of(day, kind) for day in filled.days_with_figures("visits")}
        assert whole == sum(row.value for period in periods for row in board(filled, "visits", period, None).rows)
