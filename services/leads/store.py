"""Where leads are kept: one collection, events inside the documents."""

from typing import Final

from backbone.outbox import Aggregates
from backbone.service import Backbone
from services.leads.domain.lead import Lead

SOURCE: Final = "/services/leads"


class Store:
    """The collections of this service."""

    def __init__(self, backbone: Backbone) -> None:
        self.leads: Aggregates[Lead] = Aggregates(backbone.database["leads"], Lead, source=SOURCE, relay=backbone.relay)

    async def ensure_indexes(self) -> None:
        """Make what the relay and the lists need."""
        await self.leads.ensure_indexes("owner_id", "team_id", "channel", "state")
