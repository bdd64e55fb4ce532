"""How leads come in: by API, by web form, by import, by events of outside systems."""

from dataclasses import replace
from functools import partial
from typing import Final

from backbone.callers import Caller
from backbone.contract.envelope import Envelope
from backbone.contract.leads import LeadCreated
from backbone.idempotency import By
from backbone.inbox import adopt, happened_at
from backbone.mongo import DuplicateKeyError
from backbone.outbox import Saved
from backbone.problems import Conflict, Problem, Unavailable
from backbone.web import Asks
from services.leads.desk import Desk
from services.leads.domain import lead as leads
from services.leads.domain.inquiry import inquire_again
from services.leads.domain.lead import Lead
from services.leads.handlers.assignment import decide
from services.leads.handlers.known import holder_of, known_already
from services.leads.handlers.reach import may_change

TRIES: Final = 10
"""How often a capture is tried while others take and give up the same claims."""


async def create_lead(desk: Desk, asks: Asks, lead: Lead) -> Saved[Lead]:
    """Take a lead in, or let it go into the known one it is the same as, as the organisation's policy says.

    Returns:
        The lead; another id than the one given = it went into that one.

    Raises:
        Refused: the lead cannot be, or it is known already (code `duplicate-lead`).
        KeyReused: the idempotency key came with another request before.
    """
    return await _take_in(desk, lead, asks.by, asks.caller)


async def take_from_form(desk: Desk, by: By, lead: Lead) -> Saved[Lead]:
    """Take in what a visitor left in a web form; a lead that is known takes it in: nobody stands there to be told."""
    return await _take_in(desk, lead, by, None)


async def adopt_lead(desk: Desk, envelope: Envelope, said: LeadCreated) -> None:
    """Take in a lead an outside system tells of; the assignment rules find an owner for a fresh one without."""
    fresh = envelope.imported is None and not envelope.undated
    to_rules = fresh and bool(desk.rules.rules) and desk.now() - envelope.time < leads.FRESH
    take = partial(leads.adopt_lead, said=said, at=happened_at(envelope), recorded_at=desk.now(), to_rules=to_rules)
    await adopt(desk.store.leads, said.lead_id, envelope, take)
    if to_rules:
        await _let_rules_speak(desk, await desk.store.leads.get(said.lead_id), desk.itself(envelope.id))


async def _take_in(desk: Desk, lead: Lead, by: By, caller: Caller | None) -> Saved[Lead]:
    state, events = leads.create_lead(lead, desk.now())
    policy = desk.house.duplicates
    state = replace(state, claim_kinds=policy.exact_by)
    # The claims alone keep two of a kind out; a look before is for kinds that became exact later, and for rehearsals.
    look_for = policy.exact_by if by.rehearsal else policy.look_back
    for _ in range(TRIES):
        known = await holder_of(desk, state, look_for) if look_for else None
        if known is None:
            try:
                saved = await desk.store.leads.create(state.lead_id, state, events, at=state.created_at, by=by)
            except DuplicateKeyError:
                known = await holder_of(desk, state, policy.exact_by)
            else:
                return await _let_rules_speak(desk, saved, replace(by, attempt=None))
        if known is not None:
            try:
                return await _meet(desk, state, known, by, caller)
            except Conflict:
                continue  # the known one moved on: look again
    raise Unavailable("busy", "Others are changing the same lead at this moment; send the same request again.")


async def _meet(desk: Desk, lead: Lead, known: Saved[Lead], by: By, caller: Caller | None) -> Saved[Lead]:
    """What happens to a lead that is known already."""
    if again := desk.store.leads.replay(known, by):
        return again
    if caller is not None:
        reach = may_change(caller, known.state)
        if desk.house.duplicates.on_exact == "refuse" or not reach or by.rehearsal:
            raise known_already(lead, known.state, tell=reach or known.state.in_pool)
    state, events = inquire_again(known.state, lead)
    at = max(lead.created_at, known.state.created_at)
    try:
        return await desk.store.leads.change(known, state, events, at=at, by=by)
    except DuplicateKeyError:
        # What it would fill in is claimed by a third lead: only that somebody asked is noted.
        plain = replace(known.state, inquiries=state.inquiries)
        return await desk.store.leads.change(known, plain, events, at=at, by=by)


async def _let_rules_speak(desk: Desk, saved: Saved[Lead], by: By) -> Saved[Lead]:
    if saved.replayed or not saved.state.undecided:
        return saved
    try:
        return await decide(desk, saved.id, by)
    except Problem:
        return saved  # the directory is away: the timers take it up in a moment
