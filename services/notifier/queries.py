"""Reading deliveries, always within the caller's row scope: of the subscription, and of the event itself."""

from backbone.callers import Caller
from backbone.mongo import Document
from backbone.outbox import Saved
from backbone.paging import page_of
from backbone.problems import NotFound
from backbone.rows import read_row
from services.notifier.desk import Desk
from services.notifier.domain.delivery import Delivery, State
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


async def delivery_page(
    desk: Desk,
    caller: Caller,
    subscription_id: str,
    *,
    state: State | None,
    subject: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Delivery], str | None]:
    """One page of a subscription's deliveries, newest event first, and the next page's cursor.

    Raises:
        NotFound: no such subscription in the caller's row scope.
        Refused: the cursor is not one of ours.
    """
    await read_row(desk.store.subscriptions, caller, subscription_id)
    wanted: Document = {"subscription_id": subscription_id}
    if state is not None:
        wanted["state"] = state.value
    if subject is not None:
        wanted["subject"] = subject
    if scope := caller.rows(""):
        wanted["$and"] = [scope]
    return await desk.store.deliveries.page(wanted, cursor=cursor, limit=limit)


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


async def replay_page(
    desk: Desk, caller: Caller, subscription_id: str, *, cursor: str | None, limit: int
) -> tuple[list[Saved[Replay]], str | None]:
    """One page of a subscription's replays, newest first, and the next page's cursor.

    Raises:
        NotFound: no such subscription in the caller's row scope.
        Refused: the cursor is not one of ours.
    """
    await read_row(desk.store.subscriptions, caller, subscription_id)
    wanted = {"state.subscription_id": subscription_id}
    found, following = await page_of(desk.store.replays.collection, wanted, cursor=cursor, limit=limit)
    return [desk.store.replays.read(document) for document in found], following
