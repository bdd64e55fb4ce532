"""Work groups."""

from backbone.listing import Rows
from backbone.outbox import Saved
from services.directory.domain.group import WorkGroup
from services.directory.store import Store


async def group(store: Store, group_id: str) -> Saved[WorkGroup]:
    """One work group.

    Raises:
        NotFound: there is no such work group.
    """
    return await store.groups.get(group_id)


def groups(store: Store) -> Rows[Saved[WorkGroup]]:
    """All of them, closed ones too: who is in which is no secret among colleagues."""
    return Rows(store.groups.collection, {}, store.groups.read)
