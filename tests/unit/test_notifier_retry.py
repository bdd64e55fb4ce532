from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.retry import LONGEST_RETRY_AFTER, SCHEDULE_SECONDS, pause_after, read_retry_after

NOW = datetime(2017, 12, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_the_pauses_grow_from_five_seconds_to_ten_hours_and_then_it_is_given_up() -> None:
    assert [pause_after(failures, chance=0) for failures in range(1, 9)] == [
        timedelta(seconds=5),
        timedelta(seconds=30),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        None,
    ]


@given(failures=st.integers(1, 7), chance=st.floats(0, 1))
def test_chance_makes_a_pause_longer_by_a_fifth_at_most(failures: int, chance: float) -> None:
    plain = timedelta(seconds=SCHEDULE_SECONDS[failures - 1])

    pause = pause_after(failures, chance=chance)

    assert pause is not None
    assert plain <= pause <= plain * 1.2 + timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("asked", "given_pause"),
    [
        (timedelta(seconds=1), timedelta(seconds=5)),
        (timedelta(minutes=2), timedelta(minutes=2)),
        (timedelta(days=30), LONGEST_RETRY_AFTER),
    ],
)
def test_a_receiver_may_ask_for_a_longer_pause_but_not_a_shorter_or_endless_one(
    asked: timedelta, given_pause: timedelta
) -> None:
    assert pause_after(1, chance=0, retry_after=asked) == given_pause


def test_what_a_receiver_asks_for_gives_no_attempt_beyond_the_last() -> None:
    assert pause_after(8, chance=0, retry_after=HOUR) is None


@pytest.mark.parametrize(
    ("text", "pause"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta(0)),
        ("9" * 400, timedelta(seconds=999_999_999)),
        ("Tue, 05 Dec 2017 10:00:00 GMT", HOUR),
        ("Tue, 05 Dec 2017 18:00:00 +0800", HOUR),
        ("Tuesday, 05-Dec-17 10:00:00 GMT", HOUR),
        ("Tue, 05 Dec 2017 08:00:00 GMT", timedelta(0)),
        ("-5", None),
        ("soon", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(text: str | None, pause: timedelta | None) -> None:
    assert read_retry_after(text, NOW) == pause


@given(st.text())
def test_whatever_a_receiver_writes_into_retry_after_is_read_or_passed_over(text: str) -> None:
    pause = read_retry_after(text, NOW)

    assert pause is None or pause >= timedelta(0)
