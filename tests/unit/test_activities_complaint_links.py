"""A complaint merged with another, linked to articles, and forgotten."""

from dataclasses import replace

import pytest

from backbone.contract.complaints import (
    ComplaintMerged,
    ComplaintPaused,
    ComplaintResumed,
)
from services.activities.domain import complaint as complaints
from services.activities.domain import merging
from services.activities.domain.forgetting import forget_reporter
from services.activities.domain.linking import link_article
from services.activities.domain.story import (
    MOST_STEPS,
    Complaint,
    Reporter,
)
from tests.unit.complaints_made import COMPLAINT, NOW, WHOSE, code, differ, hours, in_state


def test_a_merged_complaint_names_the_one_that_stays_and_its_pause_ends() -> None:
    merged, events = merging.merge(in_state("paused", hours(2)), hours(3), NOW, into_id="complaint-2", member_id="li")

    assert (merged.state, merged.merged_into_id) == ("merged", "complaint-2")
    assert events == [
        ComplaintResumed(**WHOSE, member_id="li", paused_seconds=3600),
        ComplaintMerged(**WHOSE, into_complaint_id="complaint-2", member_id="li"),
    ]


def test_a_merged_complaint_is_not_answered_any_more() -> None:
    assert code(lambda: complaints.reply(in_state("merged", hours(2)), hours(3), NOW, member_id="li"))[0] == "merged"


OTHER = replace(COMPLAINT, complaint_id="complaint-2")


def test_the_complaint_that_stays_notes_the_one_that_comes_once() -> None:
    noted = merging.absorb(merging.absorb(OTHER, COMPLAINT), COMPLAINT)

    assert noted == replace(OTHER, absorbed_ids=("complaint-1",))


@pytest.mark.parametrize(
    ("into", "problem"),
    [
        (COMPLAINT, "same-complaint"),
        (replace(OTHER, customer_id="customer-2"), "other-customer"),
        (replace(in_state("closed"), complaint_id="complaint-2"), "target-over"),
        (replace(in_state("merged"), complaint_id="complaint-2"), "target-over"),
        (replace(OTHER, absorbed_ids=tuple(f"k-{place}" for place in range(100))), "too-many-merged"),
    ],
)
def test_a_complaint_goes_into_no_other_than_an_open_one_of_its_customer(into: Complaint, problem: str) -> None:
    assert code(lambda: merging.absorb(into, COMPLAINT))[0] == problem


def test_a_complaint_takes_no_steps_without_end() -> None:
    full = replace(COMPLAINT, steps=COMPLAINT.steps * MOST_STEPS)

    assert code(lambda: complaints.reply(full, hours(1), NOW, member_id="li")) == ("too-many-steps", None)
    assert complaints.resolve(full, hours(1), NOW, member_id="li")[0].state == "resolved"


def test_a_move_counts_for_the_team_the_owner_is_in_by_now() -> None:
    moved = replace(COMPLAINT, team_id="south")

    paused, (event,) = complaints.pause(moved, hours(1), NOW, member_id="li", reason="x")

    assert (paused.owner_id, paused.team_id) == ("li", "south")
    assert event == ComplaintPaused(**{**WHOSE, "team_id": "south"}, member_id="li", reason="x")


def test_a_forgotten_reporter_leaves_the_story_as_it_was() -> None:
    told = replace(COMPLAINT, reporter=Reporter(name="Ann", phone="139 0000 0000"), words="It leaks again!")

    forgotten = forget_reporter(told, NOW)

    assert differ(forgotten, told) == {"reporter": None, "words": None, "erased_at": NOW}
    assert forget_reporter(forgotten, hours(1)) == forgotten


def test_an_article_is_linked_once_and_the_newer_word_on_its_help_holds() -> None:
    linked = link_article(link_article(COMPLAINT, "a-1", helped=True), "a-2", helped=False)
    again = link_article(linked, "a-1", helped=False)

    assert (linked.article_ids, linked.helped_by_ids) == (("a-1", "a-2"), ("a-1",))
    assert (again.article_ids, again.helped_by_ids) == (("a-2", "a-1"), ())


def test_a_complaint_is_linked_to_fifty_articles_at_most() -> None:
    full = replace(COMPLAINT, article_ids=tuple(f"a-{place}" for place in range(50)))

    assert code(lambda: link_article(full, "a-50", helped=True))[0] == "too-many-articles"
