"""Reading service-level policies; they hold for everybody, so everybody may read them."""

from backbone.listing import STATE, Rows
from backbone.outbox import Saved
from services.activities.domain.policy import Policy
from services.activities.store import Store


async def policy(store: Store, policy_id: str) -> Saved[Policy]:
    """One policy with all its editions."""
    return await store.policies.get(policy_id)


def policies(store: Store) -> Rows[Saved[Policy]]:
    """Every policy, in force or withdrawn; what holds for everybody may be read by everybody."""
    return Rows(store.policies.collection, {}, store.policies.read, STATE)
