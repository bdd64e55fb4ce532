"""What leads take from Kafka: leads that outside systems tell of."""

from typing import Final

from backbone.contract.envelope import Envelope
from backbone.contract.leads import LeadCreated
from backbone.inbox import Routes
from services.leads import handlers
from services.leads.handlers import Desk

TOPICS: Final = ("leads",)


def routes(desk: Desk) -> Routes:
    """What to do with an event of each class."""

    async def on_lead_created(envelope: Envelope) -> None:
        if isinstance(said := envelope.data, LeadCreated):
            await handlers.adopt_lead(desk, envelope, said)

    return {LeadCreated: on_lead_created}
