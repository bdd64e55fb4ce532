"""Keeping the view of how often customers are visited, from what the log says of customers and visits.

Every event leaves a small mark under an id of its own; a customer's rhythm is worked out anew from all of
its marks (`domain.frequency.rhythm_of`). So events may come twice and in any order. Two that work the
same customer out at once meet its version: the later one reads the marks again, and sees both.

A mark: {_id, customer_id, on, order, what, grade, owner_id, team_id} or, for a customer that went into another
one, {_id: "merged|<customer>", customer_id, into}. A visit taken back keeps its mark with `void`.
"""

from datetime import datetime
from typing import Any, Final

from backbone.calendar import local_day
from backbone.clock import epoch_ms
from backbone.contract.activities import VisitLogged, VisitVoided
from backbone.contract.customers import (
    CustomerCreated,
    CustomerGraded,
    CustomerMerged,
    CustomerOwnerChanged,
    CustomerUnmerged,
)
from backbone.contract.envelope import Envelope
from backbone.mongo import DESCENDING, Document
from backbone.outbox import Saved
from backbone.problems import NotFound
from services.activities.desk import Desk
from services.activities.domain.frequency import (
    RULE_ID,
    USUAL,
    FrequencyRule,
    Mark,
    rhythm_of,
)

MOST_VISITS: Final = 500
"""Marks of visits that are looked at: the latest ones; a weekly visit for ten years."""

MOST_MERGED: Final = 100


async def rule(desk: Desk) -> Saved[FrequencyRule]:
    """The organisation's rule; the usual one while nobody has set another."""
    try:
        return await desk.field.frequency_rule.get(RULE_ID)
    except NotFound:
        return Saved(RULE_ID, 0, FrequencyRule(intervals=dict(USUAL)))


async def note_customer(
    desk: Desk,
    envelope: Envelope,
    said: CustomerCreated | CustomerGraded | CustomerOwnerChanged,
) -> None:
    """Take in what was said of a customer."""
    mark: Document = {"customer_id": said.customer_id, **_when(desk, envelope)}
    if isinstance(said, CustomerCreated):
        mark |= {"what": "entered", "grade": said.grade, "owner_id": said.owner_id, "team_id": said.team_id}
    elif isinstance(said, CustomerGraded):
        mark |= {"what": "graded", "grade": said.to_grade, "owner_id": said.owner_id, "team_id": said.team_id}
    else:
        mark |= {"what": "owned", "owner_id": said.owner_id, "team_id": said.team_id}
    await desk.field.marks.update_one({"_id": envelope.id}, {"$set": mark}, upsert=True)
    await work_out(desk, said.customer_id)


async def note_merge(desk: Desk, envelope: Envelope, said: CustomerMerged | CustomerUnmerged) -> None:
    """Let the visits of a customer that went into another one count for that one, or for itself again."""
    id_ = f"merged|{said.customer_id}"
    order = epoch_ms(envelope.time)
    into = said.into_customer_id if isinstance(said, CustomerMerged) else None
    before = await desk.field.marks.find_one({"_id": id_})
    if before is None:
        await desk.field.marks.update_one(
            {"_id": id_}, {"$setOnInsert": {"customer_id": said.customer_id, "at": -1}}, upsert=True
        )
    # The later event holds, whichever is met last.
    await desk.field.marks.update_one({"_id": id_, "at": {"$lte": order}}, {"$set": {"into": into, "at": order}})
    other = said.into_customer_id if isinstance(said, CustomerMerged) else said.from_customer_id
    for customer_id in (said.customer_id, other):
        await work_out(desk, customer_id)


async def note_visit(desk: Desk, envelope: Envelope, said: VisitLogged) -> None:
    """Take in a visit at a customer's."""
    if said.customer_id is None:
        return
    mark = {"customer_id": said.customer_id, "what": "visited", **_when(desk, envelope)}
    await desk.field.marks.update_one({"_id": f"visit|{said.visit_id}"}, {"$set": mark}, upsert=True)
    await work_out(desk, said.customer_id)


async def note_void(desk: Desk, said: VisitVoided) -> None:
    """Take in that a visit did not count, also when the visit itself comes later."""
    id_ = f"visit|{said.visit_id}"
    await desk.field.marks.update_one({"_id": id_}, {"$set": {"void": True}}, upsert=True)
    mark = await desk.field.marks.find_one({"_id": id_})
    if mark is not None and "customer_id" in mark:
        await work_out(desk, mark["customer_id"])


async def work_out(desk: Desk, customer_id: str) -> None:
    """Work a customer's rhythm out from its marks; where it went into another one, that one's too."""
    merged_into = await _work_out_one(desk, customer_id)
    if merged_into is not None and merged_into != customer_id:
        await _work_out_one(desk, merged_into)


async def _work_out_one(desk: Desk, customer_id: str) -> str | None:
    while True:
        version, before = await desk.field.rhythms.get(customer_id)
        # Read after the version: whatever is missed here was added by one who then meets our version.
        merged = await desk.field.marks.find_one({"_id": f"merged|{customer_id}"})
        into = None if merged is None else merged.get("into")
        marks = await _marks(desk, customer_id)
        rhythm = rhythm_of(customer_id, marks, (await rule(desk)).state, merged_into=into)
        if rhythm == before or await desk.field.rhythms.put(rhythm, version=version):
            return into


async def _marks(desk: Desk, customer_id: str) -> list[Mark]:
    marks = desk.field.marks
    gone = await marks.find({"into": customer_id}, {"customer_id": 1}).to_list(MOST_MERGED)
    said = await marks.find({"customer_id": customer_id, "what": {"$in": ["entered", "graded", "owned"]}}).to_list(None)
    visits: list[Document] = []
    for one in (customer_id, *(row["customer_id"] for row in gone)):
        wanted: Document = {"customer_id": one, "what": "visited", "void": {"$ne": True}}
        visits += await marks.find(wanted).sort("on", DESCENDING).limit(MOST_VISITS).to_list(MOST_VISITS)
    return [_read(document) for document in (*said, *visits)]


def _when(desk: Desk, envelope: Envelope) -> dict[str, Any]:
    at: datetime = envelope.time
    return {"on": local_day(at, desk.zone).isoformat(), "order": epoch_ms(at)}


def _read(document: Document) -> Mark:
    return Mark(
        on=datetime.fromisoformat(document["on"]).date(),
        order=document["order"],
        what=document["what"],
        grade=document.get("grade"),
        owner_id=document.get("owner_id"),
        team_id=document.get("team_id"),
    )
