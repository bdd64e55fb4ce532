"""Where customers and deals are kept: one collection a noun, events inside the documents."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

from backbone.at_hand import AtHand
from backbone.mongo import ANY_TEXT, ASCENDING, DESCENDING, Collection, drop_index, is_embedded
from backbone.outbox import Aggregates
from backbone.relay import Relay
from backbone.service import Backbone
from services.customers.domain.customer import Customer
from services.customers.domain.deal import Deal
from services.customers.domain.finding import beside
from services.customers.domain.grade_rules import GradeRules
from services.customers.domain.payment import Unmatched
from services.customers.domain.pipeline import Pipeline
from services.customers.domain.segment import Segment

SOURCE: Final = "/services/customers"
STANDARD: Final = "standard"
"""The pipeline of deals that no other one is for."""


class Pipelines(Aggregates[Pipeline]):
    """Pipelines, of which each new deal takes one."""

    def __init__(self, collection: Collection, relay: Relay) -> None:
        super().__init__(collection, Pipeline, source=SOURCE, relay=relay)
        self.at_hand: AtHand[tuple[Pipeline, ...]] = AtHand(self._all, ())

    async def for_deal(self, named: str | None, product_ids: tuple[str, ...], stage: str | None) -> Pipeline | None:
        """The pipeline a new deal takes: the one named, else the first for one of its products, else `standard`.

        None when the pipeline is not there. One that was made, or got the stage, elsewhere just now is found.
        """
        found = _choice(await self.at_hand.fresh(), named, product_ids)
        if found is None or not (stage is None or found.has(stage)):
            await self.at_hand.refresh()
            found = _choice(self.at_hand.now, named, product_ids)
        return found

    async def _all(self) -> tuple[Pipeline, ...]:
        rows = await self.collection.find({}).sort("_id", ASCENDING).to_list(None)
        return tuple(self.read(row).state for row in rows)


def _choice(known: Sequence[Pipeline], named: str | None, product_ids: tuple[str, ...]) -> Pipeline | None:
    for_it = () if named is not None else (one for one in known if not set(product_ids).isdisjoint(one.product_ids))
    by_name = (one for one in known if one.pipeline_id == (named or STANDARD))
    return next(chain(for_it, by_name), None)


class Store:
    """The collections of this service."""

    def __init__(self, backbone: Backbone) -> None:
        self.customers: Aggregates[Customer] = Aggregates(
            backbone.database["customers"], Customer, source=SOURCE, relay=backbone.relay, derived=beside
        )
        self.pipelines = Pipelines(backbone.database["pipelines"], backbone.relay)
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
        self.fact_books: Collection = backbone.database["fact_books"]
        """What counts of customers of whom much is known: `{_id: customer, token, book?: MessagePack}`."""
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
        await self.customers.ensure_indexes("owner_id", "team_id", "created_at", "name")
        await self.customers.ensure_indexes_where_set(parent_customer_id=ANY_TEXT)
        for keys in ("words", "marks"):
            await self.customers.collection.create_index([(keys, ASCENDING)])
        await self.segments.ensure_indexes("owner_id")
        await self.grading.ensure_indexes()
        await self.touches.create_index([("c", ASCENDING), ("at", DESCENDING)])
        await self.pipelines.ensure_indexes()
        await self.deals.ensure_indexes("owner_id", "team_id", "customer_id", "opened_at")
        await self.deals.ensure_indexes_where_set(wake_on=ANY_TEXT)
        for shared in (self.customers, self.deals):
            await self._ensure_group_index(shared)
        await self.payments.ensure_indexes("owner_id", "team_id", "state")

    async def _ensure_group_index(self, shared: Aggregates[Any]) -> None:
        """Groups are asked for beside owner and team: within `$or` the embedded store looks into no index."""
        if self.embedded:
            await drop_index(shared.collection, "set_group_ids")  # an earlier version made it there too
        else:
            await shared.ensure_indexes_where_set(group_ids=ANY_TEXT)
