from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.moments import FUTURE_TOLERANCE, check_happened, told_at
from backbone.problems import Refused

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@given(st.timedeltas(min_value=timedelta(days=-400), max_value=FUTURE_TOLERANCE))
def test_whatever_an_honest_phone_tells_never_lies_ahead_of_what_follows_now(ahead: timedelta) -> None:
    at = told_at(NOW + ahead, NOW)

    check_happened(at, NOW)
    assert at == min(NOW + ahead, NOW)


def test_what_nobody_dated_happened_now() -> None:
    assert told_at(None, NOW) == NOW


def test_a_moment_further_ahead_than_a_clock_may_run_stays_to_be_refused() -> None:
    ahead = NOW + FUTURE_TOLERANCE + timedelta(seconds=1)

    with pytest.raises(Refused):
        check_happened(told_at(ahead, NOW), NOW)
