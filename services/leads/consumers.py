"""What leads take from Kafka: leads that outside systems tell of, and what members did with the leads they have."""

from collections.abc import Sequence
from typing import Final

from backbone.contract.envelope import Envelope
from backbone.contract.leads import LeadCreated
from backbone.inbox import Following, Routes
from backbone.settings import Settings
from services.leads.desk import Desk
from services.leads.handlers import capture, timers

TOPICS: Final = ("leads",)


def routes(desk: Desk) -> Routes:
    """What to do with an outside event of each class."""

    async def on_lead_created(envelope: Envelope) -> None:
        if isinstance(said := envelope.data, LeadCreated):
            await capture.adopt_lead(desk, envelope, said)

    return {LeadCreated: on_lead_created}


def contacts(desk: Desk, settings: Settings) -> Following:
    """Visits and follow-ups, whoever logged them, count as contact with their lead."""

    async def take(events: Sequence[Envelope]) -> None:
        await timers.note_contacts(desk, events)

    return Following(settings, "leads-contacts", ("activities",), take)
