"""Where customers and deals are kept: one collection a noun, events inside the documents."""

from typing import Final

from backbone.mongo import ASCENDING
from backbone.outbox import Aggregates
from backbone.service import Backbone
from services.customers.domain.customer import Customer
from services.customers.domain.deal import Deal
from services.customers.domain.finding import beside
from services.customers.domain.pipeline import Pipeline

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
        self.deals: Aggregates[Deal] = Aggregates(backbone.database["deals"], Deal, source=SOURCE, relay=backbone.relay)

    async def ensure_indexes(self) -> None:
        """Make what the relay and the lists need.

        Fields with few values (a state, a stage) get no index: newest first, a walk by id meets
        them soon, and a planner that took such an index would pass the owner's by.
        """
        await self.customers.ensure_indexes("owner_id", "team_id", "group_ids", "parent_customer_id")
        for keys in ("words", "marks", "days", "state.contacts.contact_id"):
            await self.customers.collection.create_index([(keys, ASCENDING)])
        await self.pipelines.ensure_indexes()
        await self.deals.ensure_indexes("owner_id", "team_id", "customer_id")
