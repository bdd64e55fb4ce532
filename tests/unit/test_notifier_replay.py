from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backbone.problems import Refused
from services.notifier.domain.replay import Replay, State, ask, begin, end, free, go_on

NOW = datetime(2017, 12, 5, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)
REPLAY = Replay(
    replay_id="r1",
    subscription_id="s1",
    owner_id=None,
    team_id=None,
    since=NOW - timedelta(days=1),
    until=NOW,
    delivered=False,
    asked_at=NOW,
)


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Refused):
        ask(replace(REPLAY, since=NOW))

    assert ask(REPLAY) == REPLAY


def test_a_replay_whose_process_died_is_free_again_when_its_lease_ran_out() -> None:
    running = begin(REPLAY, LEASE, NOW)

    assert free(REPLAY, NOW)
    assert not free(running, NOW + LEASE / 2)
    assert free(running, NOW + LEASE)
    assert not free(end(running, State.DONE, NOW), NOW + LEASE)


def test_it_counts_from_the_beginning_when_it_begins_again() -> None:
    counted = go_on(begin(REPLAY, LEASE, NOW), 5, 3, LEASE, NOW)

    assert (counted.matched, counted.queued) == (5, 3)
    assert begin(counted, LEASE, NOW) == replace(REPLAY, state=State.RUNNING, leased_until=NOW + LEASE)
