"""The public pool (公海): who may take a lead out of it, and how much at most.

A member's bounds span many leads, so they are kept in one document of his, the ledger. Whoever takes a
lead first notes it there (guarded by the ledger's version, so that no two takings pass the same
bound), then takes the lead, then marks the note done. What a crash left between the two is seen by
its age and looked up at the lead itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from backbone.contract.leads import LeadClaimed
from backbone.problems import Refused
from services.leads.domain.lead import Decided, Lead
from services.leads.domain.moves import check_may, given
from services.leads.domain.policy import UNGRADED, Grade, PoolPolicy

STALE: Final = timedelta(seconds=30)
"""A note that is open for longer was left by a process that is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A lead a member is about to get: its grade (`-` = none) and when it was noted."""

    lead_id: str
    grade: str
    at: datetime
    claimed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What a member took on one day, and what he is about to get.

    Args:
        member_id: whose.
        version: grows with every write; 0 = it is not stored yet.
        day: the organisation's day the claims are of.
        claims: how many leads he took out of the pool on that day, those he is about to get among them.
        notes: what he is about to get.
    """

    member_id: str
    version: int = 0
    day: date
    claims: int = 0
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a member works on: ids of his open leads by grade (`-` = none)."""

    by_grade: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def with_notes(self, notes: tuple[Note, ...]) -> dict[str, set[str]]:
        """The same with what he is about to get; a lead that arrived meanwhile counts once."""
        found = {grade: set(ids) for grade, ids in self.by_grade.items()}
        arrived = {one for ids in found.values() for one in ids}
        for note in notes:
            if note.lead_id not in arrived:
                found.setdefault(note.grade, set()).add(note.lead_id)
        return found


def on_day(ledger: Ledger, day: date) -> Ledger:
    """The ledger on that day of the organisation: claims begin at those still open when the day turned."""
    if day <= ledger.day:
        return ledger
    return replace(ledger, day=day, claims=sum(note.claimed for note in ledger.notes))


def note_claim(
    ledger: Ledger, lead_id: str, grade: Grade | None, at: datetime, *, holdings: Holdings, policy: PoolPolicy
) -> Ledger:
    """Note that a member takes a lead out of the pool, if his bounds allow it.

    Args:
        ledger: his, on the day of the claim.
        lead_id: which lead.
        grade: its grade.
        at: when.
        holdings: what he works on, read after the ledger was.
        policy: the bounds.

    Raises:
        Refused: he took as many today as he may, or has as many of this grade as he may.
    """
    if _noted(ledger, lead_id):
        return ledger  # by an attempt that was cut off: it is the same claim
    if ledger.claims >= policy.claims_per_day:
        raise Refused(
            "daily-limit", f"You took {policy.claims_per_day} leads today, the most there is; go on tomorrow."
        )
    kept = grade or UNGRADED
    capacity = policy.capacity.get(kept)
    has = len(holdings.with_notes(ledger.notes).get(kept, ()))
    if capacity is not None and has >= capacity:
        named = "without a grade" if grade is None else f"of grade {grade}"
        raise Refused(
            "capacity", f"You have {has} open leads {named}, and {capacity} are the most; finish or release one first."
        )
    note = Note(lead_id=lead_id, grade=kept, at=at)
    return replace(ledger, claims=ledger.claims + 1, notes=(*ledger.notes, note))


def note_seat(
    ledger: Ledger, lead_id: str, grade: Grade | None, at: datetime, *, holdings: Holdings, capacity: int | None
) -> Ledger | None:
    """Note that a rule gives a member a lead; None when that would pass the seat's capacity (over all grades)."""
    if _noted(ledger, lead_id):
        return ledger
    held = holdings.with_notes(ledger.notes)
    if capacity is not None and sum(map(len, held.values())) >= capacity:
        return None
    note = Note(lead_id=lead_id, grade=grade or UNGRADED, at=at, claimed=False)
    return replace(ledger, notes=(*ledger.notes, note))


def _noted(ledger: Ledger, lead_id: str) -> bool:
    return any(note.lead_id == lead_id for note in ledger.notes)


def settle(ledger: Ledger, lead_id: str, *, got: bool) -> Ledger:
    """Take a note off: he got the lead, or somebody else was faster and the claim does not count."""
    note = next((note for note in ledger.notes if note.lead_id == lead_id), None)
    if note is None:
        return ledger
    counted = 0 if got or not note.claimed else 1
    return replace(
        ledger,
        claims=max(ledger.claims - counted, 0),
        notes=tuple(one for one in ledger.notes if one is not note),
    )


def claim(lead: Lead, at: datetime, *, member_id: str, team_id: str | None) -> Decided:
    """Take a lead out of the pool.

    Raises:
        Refused: it is not in the pool (any more), or it was taken from this member lately.
    """
    check_may(lead, "claimed")
    if not lead.in_pool:
        raise Refused("not-in-pool", "Somebody has this lead already; take another one.")
    barred = next((bar for bar in lead.bars if bar.member_id == member_id and bar.until > at), None)
    if barred is not None:
        raise Refused(
            "barred", f"This lead was taken from you; you can take it back from {barred.until.isoformat()} on."
        )
    return replace(given(lead, at), owner_id=member_id, team_id=team_id), [
        LeadClaimed(lead_id=lead.lead_id, owner_id=member_id, team_id=team_id)
    ]
