"""Keeping the view of how often customers are visited, from what the log says of customers and visits.

Every event leaves a small mark under an id of its own; a customer's rhythm is worked out anew from all of
its marks (`domain.frequency.rhythm_of`), a new customer's from what is told with it (`_enter`). So events may
come twice and in any order. Two that work the same customer out at once meet its version: the later one reads
the marks again, and sees both.

A mark: {_id, customer_id, on, order, what, grade, owner_id, team_id} or, for a customer that went into another
one, {_id: "merged|<customer>", customer_id, into}. A visit taken back keeps its mark with `void`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

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
from backbone.mongo import Document, UpdateOne, insert_new, latest_of_each
from backbone.outbox import Saved
from backbone.problems import NotFound
from services.activities.desk import Desk
from services.activities.domain.frequency import (
    RULE_ID,
    USUAL,
    FrequencyRule,
    Mark,
    changes_nothing,
    rhythm_of,
)

MOST_VISITS: Final = 500
"""Marks of visits that are looked at: the latest ones; a weekly visit for ten years."""

CUSTOMERS_AT_ONCE: Final = 50
NEW_AT_ONCE: Final = 500


async def rule(desk: Desk) -> Saved[FrequencyRule]:
    """The organisation's rule; the usual one while nobody has set another."""
    try:
        return await desk.field.frequency_rule.get(RULE_ID)
    except NotFound:
        return Saved(RULE_ID, 0, FrequencyRule(intervals=dict(USUAL)))


async def take_in(desk: Desk, events: Sequence[Envelope]) -> None:
    """Take in what a batch of events says of customers' visits: all marks first, then each customer's rhythm."""
    marks = [mark for envelope in events if (mark := _mark(desk, envelope)) is not None]
    met_before = await _keep(desk, marks)
    lost: set[str] = set()
    for envelope in events:
        match envelope.data:
            case CustomerMerged() | CustomerUnmerged() as said:
                lost |= await _note_merge(desk, envelope, said)
            case VisitVoided() as said:
                lost |= await _note_void(desk, said)
            case _:
                pass
    told: dict[str, list[Mark]] = {}
    for mark in marks:
        told.setdefault(mark["customer_id"], []).append(_read(mark))
    new = {one for one, its in told.items() if any(mark.what == "entered" for mark in its)} - met_before - lost
    touched = lost | await _enter(desk, {one: told.pop(one) for one in new})
    touched |= {one for one, its in told.items() if any(mark.what != "visited" for mark in its)}
    touched |= await _moved(desk, {one: its for one, its in told.items() if one not in touched})
    await work_out(desk, touched)
    # Whoever found a visit needless meanwhile, beside one that was lost here, had kept its mark before.
    await work_out(desk, lost)


async def _enter(desk: Desk, said: Mapping[str, Sequence[Mark]]) -> set[str]:
    """Give customers that were entered just now the rhythm of what was said here; gives those that have one already.

    Nothing need be read: whoever kept another mark of such a customer works it out after that, and meets this rhythm.
    """
    there: set[str] = set()
    if not said:
        return there
    present = (await rule(desk)).state
    for some in _some_at_a_time(said, NEW_AT_ONCE):
        rhythms = [rhythm_of(one, said[one], present, merged_into=None) for one in some]
        there.update(await desk.field.rhythms.put(rhythms, dict.fromkeys(some, (0, None))))
    return there


async def _moved(desk: Desk, visits: Mapping[str, Sequence[Mark]]) -> set[str]:
    """Those of the customers whose rhythm may be another one after these visits."""
    moved: set[str] = set()
    for some in _some_at_a_time(visits):
        stood = await desk.field.rhythms.get(some)
        moved |= {one for one in some if not all(changes_nothing(visit, stood[one][1]) for visit in visits[one])}
    return moved


async def work_out(desk: Desk, customer_ids: Iterable[str]) -> None:
    """Work rhythms out from their marks; where a customer went into another one, that one's too."""
    merged_into = await _work_out(desk, set(customer_ids))
    await _work_out(desk, merged_into)


def _mark(desk: Desk, envelope: Envelope) -> Document | None:
    """What an event tells of one customer that is never told otherwise; None when it is none of these."""
    said = envelope.data
    when = {"on": local_day(envelope.time, desk.zone).isoformat(), "order": epoch_ms(envelope.time)}
    match said:
        case CustomerCreated():
            told = {"what": "entered", "grade": said.grade, "owner_id": said.owner_id, "team_id": said.team_id}
        case CustomerGraded():
            told = {"what": "graded", "grade": said.to_grade, "owner_id": said.owner_id, "team_id": said.team_id}
        case CustomerOwnerChanged():
            told = {"what": "owned", "owner_id": said.owner_id, "team_id": said.team_id}
        case VisitLogged() if said.customer_id is not None:
            return {"_id": f"visit|{said.visit_id}", "customer_id": said.customer_id, "what": "visited", **when}
        case _:
            return None
    return {"_id": envelope.id, "customer_id": said.customer_id, **when, **told}


async def _keep(desk: Desk, marks: Sequence[Document]) -> set[str]:
    """Keep marks; one that is there already (told twice, or taken back before) is told again and stays taken back.

    Gives the customers of those that were there already.
    """
    met_before: set[str] = set()
    for first in range(0, len(marks), NEW_AT_ONCE):
        some = marks[first : first + NEW_AT_ONCE]
        there = [some[place] for place in await insert_new(desk.field.marks, some)]
        if there:
            again = [UpdateOne({"_id": mark["_id"]}, {"$set": mark}) for mark in there]
            await desk.field.marks.bulk_write(again, ordered=False)
            met_before |= {mark["customer_id"] for mark in there}
    return met_before


async def _note_merge(desk: Desk, envelope: Envelope, said: CustomerMerged | CustomerUnmerged) -> set[str]:
    """Let the visits of a customer that went into another one count for that one, or for itself again."""
    id_ = f"merged|{said.customer_id}"
    order = epoch_ms(envelope.time)
    into = said.into_customer_id if isinstance(said, CustomerMerged) else None
    await insert_new(desk.field.marks, [{"_id": id_, "customer_id": said.customer_id, "at": -1}])
    # The later event holds, whichever is met last.
    await desk.field.marks.update_one({"_id": id_, "at": {"$lte": order}}, {"$set": {"into": into, "at": order}})
    other = said.into_customer_id if isinstance(said, CustomerMerged) else said.from_customer_id
    return {said.customer_id, other}


async def _note_void(desk: Desk, said: VisitVoided) -> set[str]:
    """Note that a visit did not count, also when the visit itself comes later."""
    id_ = f"visit|{said.visit_id}"
    await desk.field.marks.update_one({"_id": id_}, {"$set": {"void": True}}, upsert=True)
    mark = await desk.field.marks.find_one({"_id": id_})
    return {mark["customer_id"]} if mark is not None and "customer_id" in mark else set()


async def _work_out(desk: Desk, customer_ids: set[str]) -> set[str]:
    """Work out the rhythms of some customers; gives those that some of them went into."""
    all_into: set[str] = set()
    for some in _some_at_a_time(customer_ids):
        left = some
        while left:
            before = await desk.field.rhythms.get(left)
            # Read after the versions: whatever is missed here was added by one who then meets our version.
            marks, into = await _marks(desk, left)
            present = (await rule(desk)).state
            rhythms = [rhythm_of(one, marks[one], present, merged_into=into.get(one)) for one in left]
            left = await desk.field.rhythms.put([one for one in rhythms if one != before[one.customer_id][1]], before)
            all_into.update(into.values())
    return all_into


def _some_at_a_time(customer_ids: Iterable[str], at_once: int = CUSTOMERS_AT_ONCE) -> Iterator[list[str]]:
    ids = sorted(customer_ids)
    for first in range(0, len(ids), at_once):
        yield ids[first : first + at_once]


async def _marks(desk: Desk, customer_ids: Sequence[str]) -> tuple[dict[str, list[Mark]], dict[str, str]]:
    """What counts for each customer: its own marks and the visits of those that went into it; and where it went."""
    marks = desk.field.marks
    gone = marks.find({"into": {"$in": list(customer_ids)}}, {"customer_id": 1, "into": 1})
    count_for = {row["customer_id"]: row["into"] async for row in gone}
    asked = [*{*customer_ids, *count_for}]
    # All but visits: what was said of a customer, and its merge.
    said = await marks.find({"customer_id": {"$in": list(customer_ids)}, "what": {"$ne": "visited"}}).to_list(None)
    held = {"what": "visited", "void": {"$ne": True}}
    visits = await latest_of_each(marks, "customer_id", asked, held, by="on", most=MOST_VISITS)
    by_customer: dict[str, list[Mark]] = {one: [] for one in customer_ids}
    for row in (*(row for row in said if "what" in row), *visits):
        one = row["customer_id"]
        if one in by_customer:
            by_customer[one].append(_read(row))
        if row["what"] == "visited" and count_for.get(one, one) != one and count_for[one] in by_customer:
            by_customer[count_for[one]].append(_read(row))
    return by_customer, {row["customer_id"]: row["into"] for row in said if row.get("into") is not None}


def _read(document: Document) -> Mark:
    return Mark(
        on=datetime.fromisoformat(document["on"]).date(),
        order=int(document["order"]),  # of the store, a number of its own kind
        what=document["what"],
        grade=document.get("grade"),
        owner_id=document.get("owner_id"),
        team_id=document.get("team_id"),
    )
