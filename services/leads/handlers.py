"""The use cases of leads, one function each: load, decide, save, return."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from backbone.contract.envelope import Envelope
from backbone.contract.leads import LeadCreated
from backbone.inbox import adopt, happened_at
from backbone.members import Members
from backbone.outbox import Saved
from backbone.web import Asks
from services.leads.domain import lead as leads
from services.leads.domain.lead import Lead
from services.leads.store import Store


@dataclass(frozen=True)
class Desk:
    """What the use cases work with."""

    store: Store
    members: Members
    now: Callable[[], datetime]
    currency: str
    """The organisation's, ISO 4217."""


async def create_lead(desk: Desk, asks: Asks, lead: Lead) -> Saved[Lead]:
    """Take a lead in; see `domain.lead.create_lead` for the rules."""
    state, events = leads.create_lead(lead, desk.now())
    return await desk.store.leads.create(lead.lead_id, state, events, at=lead.created_at, by=asks.by)


async def adopt_lead(desk: Desk, envelope: Envelope, said: LeadCreated) -> None:
    """Take in a lead an outside system tells of."""
    decide = partial(leads.adopt_lead, said=said, at=happened_at(envelope), recorded_at=desk.now())
    await adopt(desk.store.leads, said.lead_id, envelope, decide)
