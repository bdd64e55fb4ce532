"""Targets, always within the caller's row scope."""

from backbone.callers import Caller
from backbone.listing import Rows
from backbone.outbox import Saved
from backbone.rows import read_row
from services.directory.domain.target import Target
from services.directory.store import Store


async def target(store: Store, caller: Caller, target_id: str) -> Saved[Target]:
    """One target.

    Raises:
        NotFound: there is none the caller may see.
    """
    return await read_row(store.targets, caller, target_id)


def targets(store: Store, caller: Caller) -> Rows[Saved[Target]]:
    """Those the caller may see."""
    return Rows(store.targets.collection, caller.rows(owner="member_id"), store.targets.read)


async def parts(store: Store, caller: Caller, whole: Target) -> list[Saved[Target]]:
    """The targets one is spread over, in their order, as far as the caller may see them."""
    documents = await store.targets.collection.find({"state.parent_id": whole.target_id}).to_list(None)
    found = {saved.id: saved for saved in map(store.targets.read, documents)}
    named = [found[part.target_id] for part in whole.parts if part.target_id in found]
    return [saved for saved in named if caller.may_see(saved.state.owner_id, saved.state.team_id)]
