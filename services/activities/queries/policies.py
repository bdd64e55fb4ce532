"""Reading service-level policies; they hold for everybody, so everybody may read them."""

from backbone.outbox import Saved
from backbone.paging import page_of
from services.activities.domain.policy import Policy
from services.activities.store import Store

MOST_POLICIES = 1_000


async def policy(store: Store, policy_id: str) -> Saved[Policy]:
    """One policy with all its editions."""
    return await store.policies.get(policy_id)


async def policy_page(
    store: Store, *, active: bool | None, cursor: str | None, limit: int
) -> tuple[list[Saved[Policy]], str | None]:
    """Policies in force, withdrawn, or both."""
    wanted = {} if active is None else {"state.active": active}
    found, following = await page_of(store.policies.collection, wanted, cursor=cursor, limit=limit)
    return [store.policies.read(document) for document in found], following


async def policies_in_force(store: Store) -> list[Policy]:
    """Every policy that holds for new complaints."""
    found = await store.policies.collection.find({"state.active": True}).to_list(MOST_POLICIES)
    return [store.policies.read(document).state for document in found]
