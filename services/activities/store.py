"""Where activities keep their objects: one collection a noun, events inside the documents."""

from typing import Final

from backbone.outbox import Aggregates
from backbone.service import Backbone
from services.activities.domain.complaint import Complaint
from services.activities.domain.follow_up import FollowUp
from services.activities.domain.visit import Visit

SOURCE: Final = "/services/activities"


class Store:
    """The collections of this service."""

    def __init__(self, backbone: Backbone) -> None:
        self.visits: Aggregates[Visit] = Aggregates(
            backbone.database["visits"], Visit, source=SOURCE, relay=backbone.relay
        )
        self.follow_ups: Aggregates[FollowUp] = Aggregates(
            backbone.database["follow_ups"], FollowUp, source=SOURCE, relay=backbone.relay
        )
        self.complaints: Aggregates[Complaint] = Aggregates(
            backbone.database["complaints"], Complaint, source=SOURCE, relay=backbone.relay
        )

    async def ensure_indexes(self) -> None:
        """Make what the relay and the lists need.

        Fields with few values (a state, a stage) get no index: newest first, a walk by id meets
        them soon, and a planner that took such an index would pass the owner's by.
        """
        await self.visits.ensure_indexes("owner_id", "team_id", "customer_id")
        await self.follow_ups.ensure_indexes("owner_id", "team_id", "customer_id", "lead_id")
        await self.complaints.ensure_indexes("owner_id", "team_id", "customer_id")
