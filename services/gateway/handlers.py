"""The use cases of the door: take events in, send a dead letter in again."""

import asyncio
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client import Counter

from backbone.broker import BrokerError, Publisher, Record
from backbone.contract.codec import encode
from backbone.mongo import Document, PyMongoError
from backbone.problems import Refused, Unavailable
from backbone.telemetry import EVENTS_PUBLISHED, EVENTS_REJECTED
from services.gateway import queries
from services.gateway.domain.intake import Opened, complete, open_submission, owners_without_team, sort_out
from services.gateway.domain.quota import Buckets
from services.gateway.domain.submission import Submission
from services.gateway.domain.verdict import Verdict
from services.gateway.store import Store
from services.gateway.teams import Teams

PUBLISH_SECONDS: Final = 30.0
"""How long a request waits for the broker before it answers 503: a resend is safe."""

OPENED_AT_ONCE: Final = 100
"""Events judged before other requests get a turn."""

EVENTS = Counter("drumbeat_gateway_events_total", "Events answered at the door.", ("outcome", "reason"))


class OverQuota(Exception):
    """A source sent more than its quota; `seconds` until it may go on."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"over quota for {seconds:.3f} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Desk:
    """What the use cases work with."""

    store: Store
    publisher: Publisher
    teams: Teams
    buckets: Buckets
    now: Callable[[], datetime]


async def take_in(desk: Desk, actor: str, submitted: Sequence[Submission]) -> list[Verdict]:
    """Publish the events that are new and good; say of each what became of it.

    The ids are noted after the broker has acknowledged the events, and the
    answer comes last: a crash in between publishes an event again under the
    same id when its sender tries again, and never loses one.

    Args:
        desk: what to work with.
        actor: the caller, for events that name nobody.
        submitted: at most a batch.

    Raises:
        OverQuota: nothing was taken.
        Unavailable: something did not answer; sending the same again is safe.
    """
    opened = await _opened(desk, submitted)
    if (wait := desk.buckets.take(_by_source(opened), time.monotonic())) > 0:
        raise OverQuota(wait)
    with _answering():
        known = await desk.store.prints([event.envelope.id for event in opened if isinstance(event, Opened)])
        verdicts, fresh = sort_out(opened, known)
        await _publish(desk, actor, fresh)
        await desk.store.remember({event.envelope.id: event.print for event in fresh}, desk.now())
    _count(verdicts)
    return verdicts


async def resubmit(desk: Desk, actor: str, dead_letter_id: str, corrected: Submission | None) -> Verdict:
    """Send a dead letter in again, as it was or corrected, and mark it.

    An admin answers for it, so the platform's own sources pass, and an id that
    was taken in before passes too: whoever refused the event has not counted it,
    and whoever has counted it knows the id.

    Raises:
        NotFound: no such dead letter.
        Refused: it is still not good, or the original was not kept whole.
        Unavailable: something did not answer; trying again is safe.
    """
    letter = await queries.dead_letter(desk.store, dead_letter_id)
    if corrected is None and letter.cut:
        raise Refused("cut-off", "The original was too large to be kept whole; send the corrected event as the body.")
    submission = corrected or Submission(letter.value, tuple(letter.headers))
    event = open_submission(submission, desk.now(), trusted=True)
    if isinstance(event, Verdict):
        _count([event])
        raise refusal(event)
    with _answering():
        await _publish(desk, actor, [event])
        await desk.store.replace(event.envelope.id, event.print, desk.now())
        await desk.store.mark_resubmitted(dead_letter_id, at=desk.now(), by=actor, event_id=event.envelope.id)
    verdict = Verdict(event.envelope.id, "accepted")
    _count([verdict])
    return verdict


async def keep_dead_letters(desk: Desk, rows: Sequence[Document]) -> None:
    """Keep what the services refused, for people to see; what is kept already stays as it is.

    Raises:
        PyMongoError: the store does not answer.
    """
    await desk.store.keep_dead_letters(rows)


def refusal(verdict: Verdict) -> Refused:
    """The problem that answers a single event which was rejected."""
    return Refused(verdict.reason or "rejected", verdict.detail or "The event was refused.", field=verdict.field)


async def _opened(desk: Desk, submitted: Sequence[Submission]) -> list[Opened | Verdict]:
    now = desk.now()
    opened: list[Opened | Verdict] = []
    for first in range(0, len(submitted), OPENED_AT_ONCE):
        opened.extend(open_submission(submission, now) for submission in submitted[first : first + OPENED_AT_ONCE])
        await asyncio.sleep(0)
    return opened


def _by_source(opened: Sequence[Opened | Verdict]) -> Tally[str]:
    return Tally(event.envelope.source for event in opened if isinstance(event, Opened))


async def _publish(desk: Desk, actor: str, fresh: Sequence[Opened]) -> None:
    owners = owners_without_team(fresh)
    teams = await desk.teams.of(owners) if owners else {}
    records = []
    for event in fresh:
        envelope = complete(event.envelope, teams, actor)
        records.append(Record(envelope.data.topic, envelope.partitionkey.encode(), encode(envelope)))
    await asyncio.wait_for(desk.publisher.publish_many(records), PUBLISH_SECONDS)
    for topic, count in Tally(record.topic for record in records).items():
        EVENTS_PUBLISHED.labels(topic).inc(count)


@contextmanager
def _answering() -> Iterator[None]:
    """Turn what an unreachable broker or store raises into an answer a sender can act on.

    Raises:
        Unavailable: in place of it.
    """
    try:
        yield
    except (BrokerError, PyMongoError, TimeoutError, OSError) as trouble:
        raise Unavailable(
            "not-taken", "The events could not be taken in now; send the same again, nothing is counted twice."
        ) from trouble


def _count(verdicts: Sequence[Verdict]) -> None:
    for (outcome, reason), count in Tally((verdict.status, verdict.reason or "") for verdict in verdicts).items():
        EVENTS.labels(outcome, reason).inc(count)
        if outcome == "rejected":
            EVENTS_REJECTED.labels("gateway", reason).inc(count)
