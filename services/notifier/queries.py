"""Reading deliveries, always within the caller's row scope: of the subscription, and of the event itself."""

from backbone.callers import Caller
from backbone.keyset import both
from backbone.listing import STATE, Rows
from backbone.outbox import Saved
from backbone.problems import NotFound
from backbone.rows import read_row
from services.notifier.desk import Desk
from services.notifier.domain.delivery import Delivery
from services.notifier.domain.replay import Replay


async def delivery(desk: Desk, caller: Caller, subscription_id: str, delivery_id: str) -> Delivery:
    """One delivery.

    Raises:
        NotFound: no such delivery in the caller's row scope.
    """
    await read_row(desk.store.subscriptions, caller, subscription_id)
    found = await desk.store.deliveries.get(delivery_id)
    if found is None or found.subscription_id != subscription_id:
        raise NotFound("delivery", delivery_id)
    caller.check_may_see("delivery", delivery_id, found.owner_id, found.team_id)
    return found


async def deliveries(desk: Desk, caller: Caller, subscription_id: str) -> Rows[Delivery]:
    """A subscription's deliveries.

    Raises:
        NotFound: no such subscription in the caller's row scope.
    """
    await read_row(desk.store.subscriptions, caller, subscription_id)
    return desk.store.deliveries.rows(both({"subscription_id": subscription_id}, caller.rows("")))


async def replay(desk: Desk, caller: Caller, subscription_id: str, replay_id: str) -> Saved[Replay]:
    """One replay.

    Raises:
        NotFound: no such replay in the caller's row scope.
    """
    await read_row(desk.store.subscriptions, caller, subscription_id)
    found = await desk.store.replays.get(replay_id)
    if found.state.subscription_id != subscription_id:
        raise NotFound("replay", replay_id)
    return found


async def replays(desk: Desk, caller: Caller, subscription_id: str) -> Rows[Saved[Replay]]:
    """A subscription's replays.

    Raises:
        NotFound: no such subscription in the caller's row scope.
    """
    await read_row(desk.store.subscriptions, caller, subscription_id)
    kept = desk.store.replays
    return Rows(kept.collection, {"state.subscription_id": subscription_id}, kept.read, STATE)
