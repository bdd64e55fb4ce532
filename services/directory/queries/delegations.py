"""Delegations: those of the caller's row scope, and those in which he stands in himself."""

from backbone.callers import Caller, Condition
from backbone.listing import Rows
from backbone.outbox import Saved
from services.directory.domain.delegation import Delegation
from services.directory.store import Store


async def delegation(store: Store, caller: Caller, delegation_id: str) -> Saved[Delegation]:
    """One delegation.

    Raises:
        NotFound: there is none the caller may see.
    """
    found = await store.delegations.get(delegation_id)
    if caller.member_id is None or caller.member_id != found.state.delegate_id:
        state = found.state
        caller.check_may_see(store.delegations.noun, delegation_id, state.owner_id, state.team_id)
    return found


def delegations(store: Store, caller: Caller) -> Rows[Saved[Delegation]]:
    """Those the caller may see."""
    scope = caller.rows(owner="member_id")
    if scope and caller.member_id is not None:
        standing_in: Condition = {"state.delegate_id": caller.member_id}
        scope = {"$or": [standing_in, *scope.get("$or", [scope])]}
    return Rows(store.delegations.collection, scope, store.delegations.read)
