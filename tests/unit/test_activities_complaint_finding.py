"""What stands beside a complaint, to look it up by."""

from dataclasses import replace

import pytest

from services.activities.domain.finding import beside, wakes_at
from services.activities.domain.story import State
from tests.unit.complaints_made import COMPLAINT, hours, in_state


def test_of_most_complaints_nothing_is_to_be_found() -> None:
    assert beside(COMPLAINT) == {"wake_at": None, "keys": []}


def test_its_form_and_each_article_are_keys_of_their_own() -> None:
    assert beside(replace(COMPLAINT, form_id="1", article_ids=("1", "2"))) == {
        "wake_at": None,
        "keys": ["f:1", "a:1", "a:2"],
    }


@pytest.mark.parametrize(
    ("state", "wakes"),
    [("open", None), ("paused", hours(1)), ("resolved", hours(2)), ("closed", None), ("merged", None)],
)
def test_it_wakes_when_its_pause_ends_or_it_was_resolved_for_long(state: State, wakes: object) -> None:
    assert wakes_at(replace(in_state(state), resume_at=hours(1), close_at=hours(2))) == wakes
