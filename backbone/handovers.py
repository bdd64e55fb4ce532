"""Handing over what a leaver owned: what every service that owns rows does when the directory asks.

    GET  /handovers/{member_id}  what would go, by kind
    POST /handovers              moves some of it; called again until nothing is left

Each row moves by a rule of its own domain, with its own event, so figures, clocks and alerts follow
by themselves. What was moved has another owner and is not met again: a call that was cut off is
simply made again. Spoken between services only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from backbone.bodies import Body
from backbone.contract.envelope import EventData
from backbone.contract.fields import Id
from backbone.failpoints import reached
from backbone.idempotency import By
from backbone.members import Member, Members
from backbone.mongo import ASCENDING, Document
from backbone.outbox import Aggregates
from backbone.problems import Conflict, Refused
from backbone.siblings import from_sibling
from backbone.web import Asking

T = TypeVar("T")

MOST_AT_ONCE: Final = 200
REASON: Final = "member-left"
"""The reason that events of a hand-over give."""

Give = Callable[[T, Member | None, datetime], tuple[T, Sequence[EventData]]]
"""A rule of the domain: the row, the successor (None = nobody) and now to the row and its events after it."""


def successor_of(successor: Member | None) -> Member:
    """The successor of rows that only somebody can have.

    Raises:
        Refused: there is none.
    """
    if successor is None:
        raise Refused("no-successor", "This goes to nobody; name a successor_id.", field="/successor_id")
    return successor


@dataclass(frozen=True, slots=True)
class Estate(Generic[T]):
    """One kind of rows a member can leave behind.

    Args:
        kind: the plural a person reads, such as `leads`.
        rows: where they live.
        open: the condition of those that somebody must take on.
        give: how one goes over.
        to_nobody: whether one can go to nobody (to a pool); else it stays with the leaver as long as nobody succeeds.
        owner: the field that names whose they are.
    """

    kind: str
    rows: Aggregates[T]
    open: Document
    give: Give[T]
    to_nobody: bool = False
    owner: str = "state.owner_id"

    def of(self, member_id: str) -> Document:
        """The condition of what this member has."""
        return {self.owner: member_id, **self.open}

    async def count(self, member_id: str) -> int:
        """How many of them he has."""
        return await self.rows.collection.count_documents(self.of(member_id))

    async def ids(self, member_id: str) -> list[str]:
        """Ids of those he has, oldest first."""
        found = self.rows.collection.find(self.of(member_id), {"_id": 1}).sort("_id", ASCENDING)
        return [row["_id"] for row in await found.to_list(None)]

    async def move(self, id_: str, member_id: str, successor: Member | None, now: datetime, by: By) -> bool:
        """Give one row to the successor; False when it has gone meanwhile.

        Raises:
            Conflict: somebody else changes it at this moment.
            Refused: a rule of the domain says no.
        """
        document = await self.rows.collection.find_one({"_id": id_, **self.of(member_id)})
        if document is None:
            return False
        found = self.rows.read(document)
        state, events = self.give(found.state, successor, now)
        await self.rows.change(found, state, events, at=now, by=by)
        return True


@dataclass(slots=True)
class Tally:
    """What one call did, by kind: `kept` stays with the leaver for these reasons, `busy` can go a moment later."""

    moved: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, None] = field(default_factory=dict)
    busy: int = 0

    def count(self, into: dict[str, int], kind: str, rows: int = 1) -> None:
        """Note rows of a kind."""
        if rows:
            into[kind] = into.get(kind, 0) + rows

    @property
    def total(self) -> int:
        """How many rows were moved."""
        return sum(self.moved.values())


async def what_would_go(estates: Sequence[Estate[Any]], member_id: str) -> dict[str, int]:
    """How much a member would leave behind, by kind."""
    return {estate.kind: await estate.count(member_id) for estate in estates}


async def hand_over(
    estates: Sequence[Estate[Any]], member_id: str, successor: Member | None, *, limit: int, now: datetime, by: By
) -> tuple[Tally, int]:
    """Move at most `limit` rows of a leaver to his successor.

    Args:
        estates: what there is in this service.
        member_id: the leaver.
        successor: who takes over; None = nobody.
        limit: most rows to move.
        now: when they go over.
        by: who hands over.

    Returns:
        What was done, and how many rows wait for the next call.
    """
    tally = Tally()
    for estate in estates:
        if successor is None and not estate.to_nobody:
            tally.count(tally.kept, estate.kind, await estate.count(member_id))
            continue
        for id_ in await estate.ids(member_id):
            if tally.total >= limit:
                rest = sum((await what_would_go(estates, member_id)).values())
                return tally, max(rest - sum(tally.kept.values()), 0)
            try:
                if await estate.move(id_, member_id, successor, now, by):
                    tally.count(tally.moved, estate.kind)
                    reached(f"handover:{estate.kind}-moved")
            except Conflict:
                tally.busy += 1
            except Refused as refused:
                tally.count(tally.kept, estate.kind)
                tally.reasons[refused.detail] = None
    return tally, tally.busy


class WhatWouldGo(BaseModel):
    """How much a member would leave behind."""

    kinds: dict[str, int] = Field(examples=[{"leads": 12, "plans": 3}])


class HandOver(Body):
    """Whose rows go to whom."""

    handover_id: Id = Field(description="The piece of work this call belongs to.")
    member_id: Id
    successor_id: Id | None = Field(description="Null = to the pool what can go there; the rest stays.")
    limit: int = Field(100, ge=1, le=MOST_AT_ONCE, description="Most rows to move in this call.")


class HandedOver(BaseModel):
    """What was done."""

    moved: dict[str, int] = Field(examples=[{"leads": 12}])
    left: int = Field(description="Rows to be moved by the next call.")
    kept: dict[str, int] = Field(description="Rows that stay with the leaver.")
    reasons: list[str] = Field(description="Why rows stay where a rule says no.")


class HandoverDesk(Protocol):
    """What the routes need of a service's desk."""

    @property
    def members(self) -> Members:
        """Tells who the successor is."""

    @property
    def now(self) -> Callable[[], datetime]:
        """The clock."""


def handover_router(estates_of: Callable[[Any], Sequence[Estate[Any]]]) -> APIRouter:
    """The routes of one service.

    Args:
        estates_of: from the service's desk to what a member can leave behind there.
    """
    router = APIRouter(prefix="/handovers", tags=["internal"], dependencies=[Depends(from_sibling)])

    @router.get("/{member_id}", summary="What would a leaver leave behind?")
    async def read_estate(member_id: str, request: Request) -> WhatWouldGo:
        """Count what somebody must take on when this member leaves. Between services only."""
        return WhatWouldGo(kinds=await what_would_go(estates_of(request.app.state.desk), member_id))

    @router.post("", summary="Hand over what a leaver owned")
    async def hand_over_estate(body: HandOver, request: Request, asks: Asking) -> HandedOver:
        """Move some of it, each row with its own event; call again until `left` is 0. Between services only."""
        desk: HandoverDesk = request.app.state.desk
        successor = None if body.successor_id is None else await desk.members.working(body.successor_id)
        # What is moved is moved: the rows need no memory of the call.
        by = replace(asks.by, attempt=None)
        tally, left = await hand_over(
            estates_of(desk), body.member_id, successor, limit=body.limit, now=desk.now(), by=by
        )
        return HandedOver(moved=tally.moved, left=left, kept=tally.kept, reasons=list(tally.reasons))

    return router
