"""What can be done with a work group."""

from collections.abc import Sequence

from backbone.outbox import Saved
from backbone.problems import Refused
from backbone.rows import to_change
from backbone.web import Asks
from services.directory.desk import Desk
from services.directory.domain import group as groups
from services.directory.domain.group import WorkGroup
from services.directory.handlers.checks import all_working


async def form_group(
    desk: Desk, asks: Asks, group_id: str, *, name: str, member_ids: Sequence[str]
) -> Saved[WorkGroup]:
    """Make a new work group.

    Raises:
        Refused: somebody in it does not work here, or a member has this id.
        Conflict: there is a work group of this id.
    """
    await all_working(desk, member_ids, "/member_ids")
    if await desk.store.members_of([group_id]):
        # Rows are given to groups and to single members alike, by their ids.
        raise Refused("id-of-a-member", f"{group_id!r} is a member's id; take another one.", field="/group_id")
    state, events = groups.form_group(group_id, name, member_ids)
    return await desk.store.groups.create(group_id, state, events, at=desk.now(), by=asks.by)


async def change_group(
    desk: Desk,
    asks: Asks,
    group_id: str,
    *,
    version: int,
    name: str | None,
    add: Sequence[str],
    remove: Sequence[str],
) -> Saved[WorkGroup]:
    """Rename a work group, take members in, let members go.

    Raises:
        NotFound: there is no such work group.
        Conflict: it has another version by now.
        Refused: somebody new in it does not work here, or it is closed.
    """
    found = await to_change(desk.store.groups, asks, group_id, version)
    if found.replayed:
        return found
    await all_working(desk, add, "/add")
    state, events = groups.change_group(found.state, name=name or found.state.name, add=add, remove=remove)
    if not events:
        return found
    return await desk.store.groups.change(found, state, events, at=desk.now(), by=asks.by)


async def close_group(desk: Desk, asks: Asks, group_id: str, version: int) -> Saved[WorkGroup]:
    """End a work group.

    Raises:
        NotFound: there is no such work group.
        Conflict: it has another version by now.
        Refused: it is closed already.
    """
    found = await to_change(desk.store.groups, asks, group_id, version)
    if found.replayed:
        return found
    now = desk.now()
    state, events = groups.close_group(found.state, now)
    return await desk.store.groups.change(found, state, events, at=now, by=asks.by)
