"""A seeded load of events as outside systems send them: visits, voids, deals, complaints, late and twice.

Every story keeps its own order; stories are shuffled into each other.
"""

import asyncio
import random
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from backbone.contract.activities import FollowUpLogged, VisitLogged, VisitVoided
from backbone.contract.codec import encode
from backbone.contract.complaints import ComplaintClosed, ComplaintOpened, ComplaintReplied
from backbone.contract.customers import CustomerCreated
from backbone.contract.deals import Credit, DealLost, DealOpened, DealReopened, DealWon, StageChanged
from backbone.contract.envelope import Envelope, EventData, seal
from backbone.contract.leads import LeadCreated

STAGES: Final = ("new", "contacted", "offer", "contract")
TEAMS: Final = ("north", "south", None)
BATCH: Final = "application/cloudevents-batch+json"


class Load:
    """Makes the events of a seed.

    Args:
        seed: the same seed gives the same stories (ids are fresh).
        members: how many members work.
        before: events happened in the 60 days before this moment.
        pipeline: of the deals.
    """

    def __init__(self, seed: int, *, members: int = 12, before: datetime | None = None, pipeline: str = "load") -> None:
        self._dice = random.Random(seed)
        self._members = [f"member-{number:03}" for number in range(members)]
        self._before = before or datetime.now(UTC)
        self._pipeline = pipeline

    def events(self, stories: int) -> list[Envelope]:
        """The events of so many stories, each in its order, shuffled into each other."""
        makers = (
            self._visit,
            self._visit,
            self._visit,
            self._follow_up,
            self._deal,
            self._deal,
            self._complaint,
            self._new,
        )
        waiting = [list(self._dice.choice(makers)()) for _ in range(stories)]
        mixed: list[Envelope] = []
        while waiting:
            story = self._dice.choice(waiting)
            mixed.append(story.pop(0))
            if not story:
                waiting.remove(story)
        return mixed

    def _seal(self, data: EventData, at: datetime, sequence: int | None = None) -> Envelope:
        return seal(data, source="urn:load", time=at, event_id=str(uuid.uuid4()), sequence=sequence)

    def _who(self) -> dict[str, Any]:
        member = self._dice.choice(self._members)
        return {"owner_id": member, "team_id": TEAMS[self._members.index(member) % len(TEAMS)]}

    def _when(self) -> datetime:
        return self._before - timedelta(seconds=self._dice.uniform(60, 60 * 86_400))

    def _new_id(self) -> str:
        return uuid.uuid4().hex

    def _visit(self) -> Iterator[Envelope]:
        who, at, visit_id = self._who(), self._when(), self._new_id()
        common = {**who, "visit_id": visit_id, "member_id": who["owner_id"]}
        yield self._seal(VisitLogged(**common, customer_id="customer-1", started_at=at), at)
        if self._dice.random() < 0.1:
            yield self._seal(VisitVoided(**common, reason="mistake"), at + timedelta(minutes=1))

    def _follow_up(self) -> Iterator[Envelope]:
        who, at = self._who(), self._when()
        common = {**who, "follow_up_id": self._new_id(), "member_id": who["owner_id"]}
        yield self._seal(FollowUpLogged(**common, customer_id="customer-1", kind="call", reached=True), at)

    def _new(self) -> Iterator[Envelope]:
        at = self._when()
        yield self._seal(LeadCreated(**self._who(), lead_id=self._new_id(), channel="web"), at)
        yield self._seal(CustomerCreated(**self._who(), customer_id=self._new_id(), channel="web"), at)

    def _deal(self) -> Iterator[Envelope]:
        # Early enough for the whole story to lie in the past.
        who, at = self._who(), self._when() - timedelta(hours=6)
        amount = self._dice.randrange(1, 10**7)
        deal = {**who, "deal_id": self._new_id(), "pipeline": self._pipeline, "amount": amount, "currency": "CNY"}
        yield self._seal(DealOpened(**deal, stage=STAGES[0]), at, 1)
        last = self._dice.randrange(1, len(STAGES))
        for place in range(1, last + 1):
            move = StageChanged(**deal, from_stage=STAGES[place - 1], to_stage=STAGES[place])
            yield self._seal(move, at + timedelta(hours=place), place + 1)
        end = {**deal, "stage": STAGES[last]}
        decided = at + timedelta(hours=last + 1)
        fate = self._dice.random()
        if fate < 0.4:
            yield self._seal(DealWon(**end, credits=self._credits(who["owner_id"])), decided, last + 2)
            if self._dice.random() < 0.2:
                again = DealReopened(**end, from_outcome="won")
                yield self._seal(again, decided + timedelta(hours=1), last + 3)
        elif fate < 0.7:
            yield self._seal(DealLost(**end, reason="price"), decided, last + 2)

    def _credits(self, owner: str) -> tuple[Credit, ...]:
        if self._dice.random() < 0.7:
            return ()
        other = self._dice.choice([member for member in self._members if member != owner])
        share = self._dice.choice((0.5, 0.3, 0.9))
        return (Credit(member_id=owner, share=share), Credit(member_id=other, share=1 - share))

    def _complaint(self) -> Iterator[Envelope]:
        who, at = self._who(), self._when()
        complaint = {**who, "complaint_id": self._new_id()}
        yield self._seal(ComplaintOpened(**complaint, channel="web"), at)
        if self._dice.random() < 0.8:
            replied = at + timedelta(hours=self._dice.uniform(0, 40))
            yield self._seal(ComplaintReplied(**complaint, member_id=who["owner_id"]), min(replied, self._before))
        elif self._dice.random() < 0.5:
            closed = min(at + timedelta(hours=50), self._before)
            yield self._seal(ComplaintClosed(**complaint, member_id=who["owner_id"]), closed)


def batches(events: Sequence[Envelope], size: int) -> Iterator[bytes]:
    """The events as bodies for `POST /events`."""
    for start in range(0, len(events), size):
        yield b"[" + b",".join(encode(event) for event in events[start : start + size]) + b"]"


async def sent(client: httpx.AsyncClient, body: bytes, *, seconds: float = 60.0) -> dict[str, Any]:
    """Post a batch until it is answered, as a careful publisher does; resending is safe.

    Raises:
        AssertionError: it was not answered with 200 in time; the last answer is shown.
    """
    said = ""
    async with asyncio.timeout(seconds):
        while True:
            try:
                answer = await client.post("/events", content=body, headers={"content-type": BATCH})
            except httpx.HTTPError as lost:
                said = repr(lost)
            else:
                if answer.status_code == 200:
                    found: dict[str, Any] = answer.json()
                    return found
                said = answer.text
                assert answer.status_code in {429, 502, 503}, said
            await asyncio.sleep(0.2)
