from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.ids import new_event_id
from services.notifier.domain.channel import Outcome, Result
from services.notifier.domain.delivery import (
    ATTEMPTS_KEPT,
    Attempt,
    Delivery,
    State,
    attempted,
    first_of_lane,
    message_id,
)
from services.notifier.domain.retry import SCHEDULE_SECONDS

NOW = datetime(2017, 12, 5, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DELIVERY = Delivery(
    delivery_id="msg_1",
    subscription_id="s1",
    event_id="e1",
    type="alert-raised",
    subject="c1",
    partition="alerts-0",
    offset=7,
    owner_id=None,
    team_id=None,
    state=State.WAITING,
    queued_at=NOW,
    due_at=NOW,
)
TAKEN = Outcome(Result.TAKEN, 12, status=200, answer="ok")
FAILED = Outcome(Result.FAILED, 15_000, error="No answer within 15 s.")
GONE = Outcome(Result.GONE, 5, status=410)


def after(outcome: Outcome, delivery: Delivery = DELIVERY, at: datetime = NOW) -> Delivery:
    return attempted(delivery, outcome, began=at, now=at + SECOND, chance=0, schedule=SCHEDULE_SECONDS)


def test_what_was_taken_is_delivered_with_its_attempt() -> None:
    assert after(TAKEN) == replace(
        DELIVERY,
        state=State.DELIVERED,
        due_at=None,
        ended_at=NOW + SECOND,
        attempts=(Attempt(NOW, 12, 200, "ok", None),),
    )


def test_what_was_not_taken_waits_by_the_schedule_and_is_given_up_after_the_eighth_attempt() -> None:
    delivery, at = DELIVERY, NOW
    attempts = []
    while delivery.due_at is not None:
        at = delivery.due_at
        attempts.append(at - NOW)
        delivery = after(FAILED, delivery, at)

    # A second passes with each attempt; by the schedule it is 5 s, 35 s, 5 min 35 s, ...
    waits = [sum(SCHEDULE_SECONDS[:number]) + number for number in range(8)]
    assert attempts == [timedelta(seconds=wait) for wait in waits]
    assert (delivery.state, delivery.tries, len(delivery.attempts)) == (State.FAILED, 8, 8)


def test_the_pause_a_receiver_asks_for_is_kept() -> None:
    busy = Outcome(Result.FAILED, 3, status=429, retry_after=timedelta(minutes=10))

    assert after(busy).due_at == NOW + SECOND + timedelta(minutes=10)


def test_what_is_gone_keeps_waiting_and_costs_no_try() -> None:
    assert after(GONE) == replace(DELIVERY, due_at=NOW + SECOND, attempts=(Attempt(NOW, 5, 410, "", None),))


def test_only_the_last_attempts_are_kept() -> None:
    old = tuple(Attempt(NOW, number, 500, "", None) for number in range(ATTEMPTS_KEPT))

    assert after(TAKEN, replace(DELIVERY, attempts=old)).attempts == (*old[1:], Attempt(NOW, 12, 200, "ok", None))


def test_an_empty_lane_has_no_first() -> None:
    assert first_of_lane([]) is None


def test_within_a_partition_the_order_of_the_log_holds_even_when_a_clock_went_back() -> None:
    def queued(delivery_id: str, partition: str, offset: int) -> Delivery:
        return replace(DELIVERY, delivery_id=delivery_id, partition=partition, offset=offset)

    waiting = [queued("late", "alerts-0", 9), queued("other", "complaints-1", 2), queued("early", "alerts-0", 8)]

    assert first_of_lane(waiting) == waiting[2]
    assert first_of_lane(waiting[1:2]) == waiting[1]


def test_one_event_has_one_message_id_for_a_subscription_and_another_for_the_next() -> None:
    event = new_event_id()

    ids = {message_id("s1", event), message_id("s1", event), message_id("s2", event)}

    assert len(ids) == 2
    assert all(len(id_) == 36 and id_.startswith("msg_") and "." not in id_ for id_ in ids)


@given(st.lists(st.uuids(version=4), min_size=2, max_size=20, unique=True))
def test_message_ids_sort_like_the_moments_in_their_events_ids(ids: list[UUID]) -> None:
    events = sorted(map(str, ids))
    moments = [event.replace("-", "")[:16] for event in events]

    assert [message_id("s1", event)[4:20] for event in events] == moments


@pytest.mark.parametrize("subject", ["c1", "c1|2017-12"])
def test_a_lane_is_named_by_subscription_and_subject(subject: str) -> None:
    assert replace(DELIVERY, subject=subject).lane == f"s1|{subject}"
