"""Leads as a caller may change them; a lead nobody owns is the managers' to give."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from backbone.callers import Caller, Role
from backbone.contract.envelope import EventData
from backbone.idempotency import By
from backbone.moments import told_at
from backbone.mongo import DuplicateKeyError
from backbone.outbox import Saved
from backbone.problems import Conflict
from backbone.rows import Decide, Told, as_seen, in_present_team
from backbone.web import Asks
from services.leads.desk import Desk
from services.leads.domain.lead import Decided, Lead
from services.leads.handlers.known import holder_of, known_already


def may_change(caller: Caller, lead: Lead) -> bool:
    """Whether a lead is in the reach of a caller who may write leads."""
    if caller.only_reads:
        return False
    return _is_nobodys(lead, caller) or caller.may_see(lead.owner_id, lead.team_id, lead.group_ids)


async def lead_to_change(desk: Desk, asks: Asks, lead_id: str, version: int | None) -> Saved[Lead]:
    """One lead for a change; `replayed` is set when this very request made the change before.

    Args:
        desk: where it lives.
        asks: who wants to change it, in which attempt.
        lead_id: which.
        version: the one the caller has seen; None = whichever.

    Raises:
        NotFound: there is none the caller may see.
        Forbidden: the caller may read it only.
        Conflict: it has another version by now.
        KeyReused: the idempotency key came with another request before.
    """
    found = await desk.store.leads.get(lead_id)
    lead = found.state
    if not _is_nobodys(lead, asks.caller):
        asks.caller.check_may_change(desk.store.leads.noun, lead_id, lead.owner_id, lead.team_id, lead.group_ids)
    return as_seen(desk.store.leads, asks, found, found.version if version is None else version)


async def move_lead(desk: Desk, asks: Asks, lead_id: str, told: Told, decide: Decide[Lead]) -> Saved[Lead]:
    """Change one lead by a rule of its domain; it counts for the team its owner is in at this moment.

    Raises:
        Problem: what `lead_to_change` or the rule refuses, or that another lead has its name by now.
    """
    found = await lead_to_change(desk, asks, lead_id, told.version)
    if found.replayed:
        return found
    now = desk.now()
    at = told_at(told.at, now)
    state, events = decide(await in_present_team(found.state, desk.members), at, now)
    return await save(desk, found, state, events, at=at, by=asks.by)


def claiming(desk: Desk, decide: Decide[Lead]) -> Decide[Lead]:
    """The same rule, after which the lead claims what the policy calls exact now.

    For what tells anew by what a lead is recognised. Any other change leaves its claims alone: a policy that became
    stricter must not keep people from working on leads that were alike before.
    """

    def decided(lead: Lead, at: datetime, now: datetime) -> Decided:
        state, events = decide(lead, at, now)
        return replace(state, claim_kinds=desk.house.duplicates.exact_by), events

    return decided


async def save(
    desk: Desk, found: Saved[Lead], state: Lead, events: Sequence[EventData], *, at: datetime, by: By
) -> Saved[Lead]:
    """Store a changed lead.

    Raises:
        Conflict: somebody was faster.
        Refused: another lead claims what this one is recognised by now.
    """
    try:
        return await desk.store.leads.change(found, state, events, at=at, by=by)
    except DuplicateKeyError as taken:
        holder = await holder_of(desk, state, desk.house.duplicates.exact_by)
        if holder is None:
            raise Conflict(desk.store.leads.noun, found.id, found.version) from taken
        raise known_already(state, holder.state, tell=True) from taken


def _is_nobodys(lead: Lead, caller: Caller) -> bool:
    return lead.owner_id is None and caller.role in (Role.MANAGER, Role.ADMIN)
