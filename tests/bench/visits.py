"""The events that all contestants count: visits of 200 members in 20 teams over the last 20 days."""

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from backbone.broker import Publisher, Record, ensure_topics
from backbone.contract.activities import Place, PlaceCheck, VisitLogged
from backbone.contract.codec import encode
from backbone.contract.envelope import seal
from backbone.settings import Settings

MEMBERS: Final = 200
TEAMS: Final = 20
TOGETHER: Final = 5_000


def visits(count: int, seed: int = 1) -> Iterator[Record]:
    """Records of `visit-logged`, with the fields a phone sends."""
    dice = random.Random(seed)
    now = datetime.now(UTC)
    for number in range(count):
        member = dice.randrange(MEMBERS)
        ended = now - timedelta(minutes=dice.randrange(20 * 24 * 60))
        visit = VisitLogged(
            visit_id=f"visit-{number:08}",
            member_id=f"member-{member:04}",
            owner_id=f"member-{member:04}",
            team_id=f"team-{member % TEAMS:02}",
            customer_id=f"customer-{dice.randrange(5_000):05}",
            started_at=ended - timedelta(minutes=40),
            ended_at=ended,
            place=Place(lat=31.23, lon=121.47, accuracy_m=12.0),
            place_check=PlaceCheck(result="inside", distance_m=dice.randrange(90) * 1.0),
            purpose="routine",
            outcome="order",
        )
        envelope = seal(
            visit,
            source="/services/activities",
            time=ended,
            recordedtime=now,
            event_id=str(uuid.UUID(int=dice.getrandbits(128), version=4)),
            sequence=1,
        )
        yield Record("activities", visit.member_id.encode(), encode(envelope))


async def fill(settings: Settings, count: int) -> int:
    """Make the topics and write the events; gives their mean size in bytes."""
    ensure_topics(settings)
    publisher = Publisher(settings, linger_ms=20)
    size = 0
    waiting: list[Record] = []
    for record in visits(count):
        waiting.append(record)
        size += len(record.value or b"")
        if len(waiting) == TOGETHER:
            await publisher.publish_many(waiting)
            waiting = []
    await publisher.publish_many(waiting)
    await publisher.close()
    return size // count
