"""The page's own rules: what moved, how a clock stands, what an address means."""

from typing import Any

import pytest

from tests.javascript import run

USUAL = {
    "kind": "day",
    "key": None,
    "team": None,
    "pipeline": None,
    "boards": ["won-amount", "deals-won", "visits"],
    "wall": False,
}
HOUR = 3_600_000


def rows(*ids: str) -> list[dict[str, object]]:
    return [{"id": id_, "rank": rank} for rank, id_ in enumerate(ids, start=1)]


def moved(before: list[dict[str, object]], after: list[dict[str, object]], *, whole: bool) -> Any:
    return run(
        "movement",
        "return [...it.movements(given.before, given.after, given.whole)].map(([id, gained]) => [id, String(gained)]);",
        {"before": before, "after": after, "whole": whole},
    )


def test_who_passes_others_gained_as_many_places() -> None:
    assert moved(rows("a", "b", "c", "d"), rows("a", "d", "b", "c"), whole=True) == [
        ["d", "2"],
        ["b", "-1"],
        ["c", "-1"],
    ]


def test_who_was_not_on_the_whole_board_is_new_to_it() -> None:
    assert moved(rows("a"), rows("a", "b"), whole=True) == [["b", "Infinity"]]


def test_who_comes_up_from_below_the_rows_known_gained_at_least_the_way_into_them() -> None:
    assert moved(rows("a", "b"), rows("c", "a"), whole=False) == [["c", "2"], ["a", "-1"]]


def test_a_mark_adds_up_and_goes_when_its_row_is_overtaken_again() -> None:
    assert run(
        "movement", "return [it.marked(0, 2), it.marked(2, 1), it.marked(2, -1), it.marked(2, -2), it.marked(0, -1)];"
    ) == [2, 3, 1, 0, 0]


@pytest.mark.parametrize(
    ("now", "level", "expected"),
    [
        (0, None, {"level": "calm", "ms": 24 * HOUR, "share": 0}),
        (12 * HOUR, None, {"level": "calm", "ms": 12 * HOUR, "share": 0.5}),
        (19.2 * HOUR, None, {"level": "warning", "ms": 4.8 * HOUR, "share": 0.8}),
        (12 * HOUR, "warning", {"level": "warning", "ms": 12 * HOUR, "share": 0.5}),
        (24 * HOUR, None, {"level": "breach", "ms": 0, "share": 1}),
        (25 * HOUR, "warning", {"level": "breach", "ms": HOUR, "share": 1}),
    ],
)
def test_a_complaint_is_calm_then_due_soon_then_overdue(now: float, level: str | None, expected: object) -> None:
    clock = {"openedAt": 0, "dueAt": 24 * HOUR, "level": level}

    assert run("deadline", "return it.standing(given.clock, given.now);", {"clock": clock, "now": now}) == expected


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "0:00:00"),
        (999, "0:00:00"),
        (61_000, "0:01:01"),
        (25 * HOUR + 59_000, "25:00:59"),
        (72 * HOUR, "3 d 0 h"),
        (1000 * HOUR, "41 d 16 h"),
    ],
)
def test_a_span_is_spelled_as_a_clock_and_from_three_days_on_in_days(ms: int, words: str) -> None:
    assert run("time", 'return it.spelled(given, { days: "d", hours: "h" });', ms) == words


@pytest.mark.parametrize(
    ("address", "changed"),
    [
        ("", {}),
        ("?period=week", {"kind": "week"}),
        ("?period=2017-Q4&team=west", {"kind": "quarter", "key": "2017-Q4", "team": "west"}),
        ("?period=all&pipeline=crm", {"kind": "all", "pipeline": "crm"}),
        (
            "?boards=visits,follow-ups,new-leads",
            {"boards": ["won-amount", "deals-won", "visits", "follow-ups", "new-leads"]},
        ),
    ],
)
def test_a_view_is_kept_in_the_address_and_found_there_again(address: str, changed: dict[str, object]) -> None:
    view, again = run("view", "const view = it.viewOf(given); return [view, it.viewOf(it.addressOf(view))];", address)

    # The usual boards stand before those chosen unless they were chosen themselves.
    view["boards"].sort(key=["won-amount", "deals-won", "visits", "follow-ups", "new-leads"].index)
    assert view == {**USUAL, **changed}
    again["boards"].sort(key=view["boards"].index)
    assert again == view


def test_an_address_that_says_nonsense_shows_the_usual_view() -> None:
    assert run("view", "return it.viewOf(given);", "?period=2017-13&boards=coffee&team=&wall=0") == USUAL


def test_a_chosen_board_takes_the_place_of_the_one_chosen_longest_ago() -> None:
    shown = run(
        "view",
        """
        const view = it.withBoard(it.viewOf(""), "follow-ups", 2);
        const more = it.withBoard(view, "new-leads", 2);
        return [it.shownBoards(view, 1), it.shownBoards(view, 2), it.shownBoards(more, 2), it.shownBoards(more, 3)];
        """,
    )

    assert shown == [
        ["follow-ups"],
        ["visits", "follow-ups"],
        ["follow-ups", "new-leads"],
        ["visits", "follow-ups", "new-leads"],
    ]


def test_one_steps_back_from_the_present_and_forward_to_it_but_not_beyond() -> None:
    keys = run(
        "view",
        """
        const today = [2026, 1, 2];
        const week = it.viewOf("?period=week");
        const before = it.turned(week, -1, today);
        return [before.key, it.turned(before, 1, today).key, it.turned(week, 1, today)];
        """,
    )

    assert keys == ["2025-W52", None, None]


def test_teams_stand_under_their_parents_and_none_is_lost() -> None:
    teams = [
        {"team_id": "b", "name": "B", "parent_id": "a"},
        {"team_id": "a", "name": "A", "parent_id": None},
        {"team_id": "c", "name": "C", "parent_id": "unseen"},
        {"team_id": "x", "name": "X", "parent_id": "y"},
        {"team_id": "y", "name": "Y", "parent_id": "x"},
    ]

    ordered = run("teams", "return it.inTreeOrder(given).map((team) => [team.team_id, team.depth]);", teams)

    assert ordered == [["a", 0], ["b", 1], ["c", 0], ["x", 0], ["y", 1]]


def test_what_has_nothing_to_say_leaves_the_phrase_with_its_brackets() -> None:
    phrases = run(
        "phrase",
        "return [given, { ...given, who: null }].map((slots) => it.filled(slots.text, slots));",
        {"text": "Lead {id} came in[ by {how}][ for {who}]", "id": "l-1", "how": "phone", "who": "Li Na"},
    )

    assert phrases == ["Lead l-1 came in by phone for Li Na", "Lead l-1 came in by phone"]


def test_an_id_nobody_can_say_is_shown_by_its_end() -> None:
    ids = ["c-12", "01a20056-78fe-7d24-b929-3d0c538c2afc"]

    assert run("phrase", "return given.map(it.shortId);", ids) == ["c-12", "…8c2afc"]
