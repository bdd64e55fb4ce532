"""How the assignment rules find a lead's owner."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from backbone.idempotency import By
from backbone.outbox import Saved
from backbone.problems import Conflict, Refused
from services.leads.desk import Desk
from services.leads.domain.assignment import (
    FULL,
    Decision,
    Person,
    Rule,
    Seat,
    Skipped,
    available,
    choose,
    matching,
    seats_of,
    turned,
)
from services.leads.domain.lead import Lead
from services.leads.domain.moves import assign, leave_in_pool
from services.leads.domain.replay import nobody
from services.leads.handlers.ledger import note_seat, settle


async def decide(desk: Desk, lead_id: str, by: By) -> Saved[Lead]:
    """Let the rules find an owner for a lead they have not spoken of yet; nobody = the public pool.

    Done again, or by two at once, it changes nothing more.

    Raises:
        Unavailable: the directory does not answer; the lead stays undecided.
    """
    found = await desk.store.leads.get(lead_id)
    if not found.state.undecided:
        return found
    decision = await _decision(desk, found.state)
    now = desk.now()
    try:
        return await _save(desk, found, decision, now, by)
    except Conflict:
        return await desk.store.leads.get(lead_id)
    finally:
        if decision.member_id is not None:
            await settle(desk, decision.member_id, lead_id)


async def people_of(desk: Desk, member_ids: Sequence[str], *, count: bool) -> dict[str, Person]:
    """Members as decisions see them; who is unknown to the directory is left out.

    Args:
        desk: where to ask.
        member_ids: whom.
        count: whether it matters how many leads they work on.
    """
    members = await asyncio.gather(*(_member(desk, one) for one in member_ids))
    counts = await desk.store.open_counts(member_ids) if count else {}
    return {
        person.member_id: replace(person, open_leads=counts.get(person.member_id, 0))
        for person in members
        if person is not None
    }


async def team_of(desk: Desk, rule: Rule) -> list[str]:
    """Who works in a rule's team or below it."""
    if rule.team_id is None:
        return []
    return [member.member_id for member in await desk.members.of_team(rule.team_id)]


async def _save(desk: Desk, found: Saved[Lead], decision: Decision, now: datetime, by: By) -> Saved[Lead]:
    if decision.member_id is None:
        state, events = leave_in_pool(found.state, now, decision)
    else:
        team_id = (await desk.members.known(decision.member_id)).team_id
        # A lead that an outside clock dates a little ahead is not given away before it came in.
        at = max(now, found.state.created_at)
        state, events = assign(found.state, at, at, owner_id=decision.member_id, team_id=team_id, decision=decision)
    return await desk.store.leads.change(found, state, events, at=now, by=by)


async def _decision(desk: Desk, lead: Lead) -> Decision:
    book = desk.rules
    skipped: tuple[Skipped, ...] = ()
    last: str | None = None
    for rule in matching(book.rules, lead):
        last = rule.rule_id
        chosen, passed = await _chosen(desk, rule, lead)
        skipped = (*skipped, *passed)
        if chosen is not None:
            return Decision(
                rules_version=book.rules_version,
                rule_id=rule.rule_id,
                member_id=chosen,
                reason=rule.choose,
                skipped=skipped,
            )
    return nobody(book.rules_version, last, skipped)


async def _chosen(desk: Desk, rule: Rule, lead: Lead) -> tuple[str | None, tuple[Skipped, ...]]:
    seats = seats_of(rule, await team_of(desk, rule))
    bounded = rule.choose != "round-robin" or any(seat.capacity is not None for seat in seats)
    async with desk.locks[f"rule {rule.rule_id}"]:
        people = await people_of(desk, [seat.member_id for seat in seats], count=bounded)
        full: tuple[Skipped, ...] = ()
        while True:
            free, passed = available(rule, lead, seats, people)
            taken, turn = await desk.store.turns.read(rule.rule_id)
            chosen = choose(rule, free, people, turn)
            if chosen is None:
                return None, (*passed, *full)
            if bounded and not await note_seat(desk, chosen, lead, _capacity(seats, chosen)):
                # Filled up by what others are giving him at this moment.
                seats = tuple(seat for seat in seats if seat.member_id != chosen)
                full = (*full, Skipped(chosen, FULL))
                continue
            if await desk.store.turns.write(rule.rule_id, taken, turned(turn, chosen)):
                return chosen, (*passed, *full)
            if bounded:
                await settle(desk, chosen, lead.lead_id)


def _capacity(seats: Sequence[Seat], member_id: str) -> int | None:
    return next(seat.capacity for seat in seats if seat.member_id == member_id)


async def _member(desk: Desk, member_id: str) -> Person | None:
    try:
        member = await desk.members.known(member_id)
    except Refused:
        return None
    return Person(
        member_id=member.member_id,
        active=member.active,
        on_duty=member.on_duty,
        territories=member.territories,
    )
