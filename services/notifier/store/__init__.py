"""What the notifier must not forget: subscriptions, deliveries in their lanes, replays, its beginning on the log."""

from typing import Final

from backbone.mongo import ASCENDING, DESCENDING
from backbone.outbox import Aggregates
from backbone.service import Backbone
from services.notifier.domain.replay import Replay
from services.notifier.domain.subscription import Subscription
from services.notifier.store.deliveries import Deliveries
from services.notifier.store.lanes import Lanes
from services.notifier.store.starts import Beginnings

SOURCE: Final = "/services/notifier"


class Store:
    """The collections of this service."""

    def __init__(self, backbone: Backbone, keep_seconds: int) -> None:
        database, relay = backbone.database, backbone.relay
        self.subscriptions: Aggregates[Subscription] = Aggregates(
            database["subscriptions"], Subscription, source=SOURCE, relay=relay
        )
        self.replays: Aggregates[Replay] = Aggregates(database["replays"], Replay, source=SOURCE, relay=relay)
        self.lanes = Lanes(database["lanes"])
        self.deliveries = Deliveries(database["deliveries"], database["messages"], self.lanes, keep_seconds)
        self.beginnings = Beginnings(database["beginnings"])

    async def ensure_indexes(self) -> None:
        """Make what the relay, the lists and the couriers need."""
        for objects in (self.subscriptions, self.replays):
            await objects.ensure_indexes()
            for owner in ("owner_id", "team_id"):
                await objects.collection.create_index([(f"state.{owner}", ASCENDING), ("_id", DESCENDING)])
        await self.replays.collection.create_index([("state.state", ASCENDING)])
        await self.replays.collection.create_index([("state.subscription_id", ASCENDING), ("_id", DESCENDING)])
        await self.lanes.ensure_indexes()
        await self.deliveries.ensure_indexes()
