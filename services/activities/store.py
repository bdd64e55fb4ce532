"""Where activities keep their objects: one collection a noun, events inside the documents."""

from typing import Final

from backbone.mongo import ASCENDING, DESCENDING
from backbone.outbox import Aggregates
from backbone.service import Backbone
from services.activities.domain.visit import Visit

SOURCE: Final = "/services/activities"


class Store:
    """The collections of this service."""

    def __init__(self, backbone: Backbone) -> None:
        self.visits: Aggregates[Visit] = Aggregates(
            backbone.database["visits"], Visit, source=SOURCE, relay=backbone.relay
        )

    async def ensure_indexes(self) -> None:
        """Make what the relay and the lists need."""
        await self.visits.ensure_indexes()
        for owner in ("owner_id", "team_id", "customer_id"):
            await self.visits.collection.create_index([(f"state.{owner}", ASCENDING), ("_id", DESCENDING)])
