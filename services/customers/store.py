"""Where customers and deals are kept: one collection a noun, events inside the documents."""

from typing import Final

from backbone.mongo import ASCENDING, DESCENDING, Collection, is_embedded
from backbone.outbox import Aggregates
from backbone.service import Backbone
from services.customers.domain.customer import Customer
from services.customers.domain.deal import Deal
from services.customers.domain.finding import beside
from services.customers.domain.grade_rules import GradeRules
from services.customers.domain.payment import Unmatched
from services.customers.domain.pipeline import Pipeline
from services.customers.domain.segment import Segment

SOURCE: Final = "/services/customers"


class Store:
    """The collections of this service."""

    def __init__(self, backbone: Backbone) -> None:
        self.customers: Aggregates[Customer] = Aggregates(
            backbone.database["customers"], Customer, source=SOURCE, relay=backbone.relay, derived=beside
        )
        self.pipelines: Aggregates[Pipeline] = Aggregates(
            backbone.database["pipelines"], Pipeline, source=SOURCE, relay=backbone.relay
        )
        self.segments: Aggregates[Segment] = Aggregates(
            backbone.database["segments"], Segment, source=SOURCE, relay=backbone.relay
        )
        self.grading: Aggregates[GradeRules] = Aggregates(
            backbone.database["grade_rules"], GradeRules, source=SOURCE, relay=backbone.relay
        )
        self.embedded = False
        """Whether the store is the embedded one; known once the indexes are made."""
        self._database = backbone.database
        self.touches: Collection = backbone.database["touches"]
        """Visits and follow-ups: `{_id: "visit|<id>", c: customer, k: kind, at, r: reached, off?, via?}`."""
        self.deals: Aggregates[Deal] = Aggregates(backbone.database["deals"], Deal, source=SOURCE, relay=backbone.relay)
        self.payments: Aggregates[Unmatched] = Aggregates(
            backbone.database["payments"], Unmatched, source=SOURCE, relay=backbone.relay
        )
        self.numbers: Collection = backbone.database["contract_numbers"]

    async def ensure_indexes(self) -> None:
        """Make what the relay and the lists need.

        Fields with few values (a state, a stage) get no index: newest first, a walk by id meets
        them soon, and a planner that took such an index would pass the owner's by.
        """
        self.embedded = await is_embedded(self._database)
        await self.customers.ensure_indexes(
            "owner_id", "team_id", "group_ids", "parent_customer_id", "created_at", "name"
        )
        for keys in ("words", "marks"):
            await self.customers.collection.create_index([(keys, ASCENDING)])
        await self.segments.ensure_indexes("owner_id")
        await self.grading.ensure_indexes()
        await self.touches.create_index([("c", ASCENDING), ("at", DESCENDING)])
        await self.pipelines.ensure_indexes()
        await self.deals.ensure_indexes("owner_id", "team_id", "group_ids", "customer_id", "opened_at")
        await self.deals.collection.create_index([("state.wake_on", ASCENDING)])
        await self.payments.ensure_indexes("owner_id", "team_id", "state")
