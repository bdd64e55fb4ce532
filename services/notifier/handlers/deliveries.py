"""What can be done with a delivery."""

from backbone.web import Asks
from services.notifier import queries
from services.notifier.desk import Desk
from services.notifier.domain.delivery import Delivery
from services.notifier.handlers.subscriptions import check_may_steer


async def resend(desk: Desk, asks: Asks, subscription_id: str, delivery_id: str) -> Delivery:
    """Send one delivery again, whatever became of it; its id stays, so a receiver knows the repeat.

    Also an alert that was suppressed: here a person decides. It waits while the subscription is not active.

    Raises:
        NotFound: no such delivery in the caller's row scope.
        Forbidden: the subscription hears in somebody else's name.
    """
    subscription = (await desk.store.subscriptions.get(subscription_id)).state
    check_may_steer(asks.caller, subscription)
    delivery = await queries.delivery(desk, asks.caller, subscription_id, delivery_id)
    again = await desk.store.deliveries.resend(delivery, asks.by.made_by, desk.now())
    desk.due.set()
    return again
