"""What counts of a customer is the same in whatever order, and however often, it is looked at."""

import random
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from services.customers.domain.facts import MOST_TOUCHES, Book, DealFact, Told, Touch, brought_up_to_date, facts_of
from services.customers.domain.query import FACT_DAYS

NOW = datetime(2026, 6, 1, tzinfo=UTC)
OURS = "c-1"

WHOSE = st.sampled_from([OURS, "c-2", None])
DAYS_AGO = st.integers(0, 2 * FACT_DAYS).map(lambda days: NOW - timedelta(days=days))
DEALS = st.builds(
    DealFact, st.sampled_from(["open", "won", "lost"]), st.integers(0, 9), st.just("CNY"), st.none() | DAYS_AGO
)
TOUCHES = st.builds(Touch, st.sampled_from(["visit", "follow-up"]), DAYS_AGO, st.booleans())


Fact = TypeVar("Fact")


def told_of(facts: st.SearchStrategy[Fact]) -> st.SearchStrategy[dict[str, Told[Fact]]]:
    """How some things stand now, by id."""
    things = st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(WHOSE, facts), max_size=8)
    return things.map(lambda them: {id_: Told(id_, whose, fact) for id_, (whose, fact) in them.items()})


@given(before=told_of(DEALS), after=told_of(DEALS), touched=told_of(TOUCHES), dice=st.randoms())
def test_a_book_brought_up_to_date_says_what_reading_everything_says(
    before: dict[str, Told[DealFact]],
    after: dict[str, Told[DealFact]],
    touched: dict[str, Told[Touch]],
    dice: random.Random,
) -> None:
    present = {**before, **after}
    whole = brought_up_to_date(Book(), OURS, touched.values(), present.values(), NOW)

    kept = brought_up_to_date(Book(), OURS, [], before.values(), NOW)
    news = [*after.values(), *after.values()]
    dice.shuffle(news)
    halves = list(touched.values())
    dice.shuffle(halves)
    for told in news:
        kept = brought_up_to_date(kept, OURS, [], [told], NOW)
    for touch in halves:
        kept = brought_up_to_date(kept, OURS, [touch], [], NOW)

    assert kept == whole
    ours = [told.fact for told in present.values() if told.customer_id == OURS]
    assert facts_of(kept, "CNY", NOW).open_deals == sum(deal.state == "open" for deal in ours)


def test_of_very_many_touches_the_latest_stay() -> None:
    touches = [
        Told(f"t-{place}", OURS, Touch("visit", NOW - timedelta(minutes=place))) for place in range(MOST_TOUCHES + 2)
    ]

    book = brought_up_to_date(Book(), OURS, touches, [], NOW)

    assert len(book.touches) == MOST_TOUCHES
    assert set(book.touches).isdisjoint({f"t-{MOST_TOUCHES}", f"t-{MOST_TOUCHES + 1}"})
