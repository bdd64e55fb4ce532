"""Members: by name, by id, by page, and as other services need them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backbone.callers import Caller
from backbone.keyset import both
from backbone.listing import STATE, Rows
from backbone.mongo import Document
from backbone.outbox import Saved
from backbone.rows import read_row
from services.directory.domain.duty import Duty
from services.directory.domain.member import Member
from services.directory.domain.territory import Service
from services.directory.queries.teams import tree_of
from services.directory.store import Store


async def roster(store: Store) -> list[Member]:
    """Every member, also those who left: boards of the past show them too."""
    return await store.all_members()


@dataclass(frozen=True, slots=True)
class Present:
    """A member as other services need him: who he is, whether he is at work now, where he serves."""

    member: Member
    on_duty: bool
    territories: tuple[str, ...] = ()


async def lookup(store: Store, member_ids: Sequence[str], now: datetime) -> list[Present]:
    """Those of the members that exist."""
    duties = await store.duties_of(member_ids)
    return await _present(store, await store.members_of(member_ids), duties, now)


async def working(store: Store, team_id: str | None, now: datetime) -> list[Present]:
    """Who works in a team or below it (None = anywhere), by id."""
    members = [found for found in await store.all_members() if found.active]
    if team_id is not None:
        below = tree_of(await store.all_teams()).below([team_id])
        members = [found for found in members if found.team_id in below]
    return await _present(store, members, await store.all_duties(), now)


async def _present(store: Store, members: Sequence[Member], duties: Sequence[Duty], now: datetime) -> list[Present]:
    duty_of = {duty.member_id: duty for duty in duties}
    territories = [saved.state for saved in await store.open_territories()]
    serves = Service(territories, tree_of(await store.all_teams() if territories else []))
    return [
        Present(found, found.active and _at_work(duty_of.get(found.member_id), now), serves.of(found))
        for found in members
    ]


def _at_work(duty: Duty | None, now: datetime) -> bool:
    return duty is None or duty.at_work(now)


async def member(store: Store, caller: Caller, member_id: str) -> Saved[Member]:
    """One member.

    Raises:
        NotFound: no such member in the caller's row scope.
    """
    return await read_row(store.members, caller, member_id)


async def members(store: Store, caller: Caller, *, team_id: str | None, active: bool | None) -> Rows[Saved[Member]]:
    """The members the caller may see.

    Args:
        store: where they are.
        caller: whose row scope holds.
        team_id: only this team with those below it.
        active: only those who are with the organisation (or only those who left).
    """
    wanted: Document = {}
    if team_id is not None:
        below = tree_of(await store.all_teams()).below([team_id])
        wanted["state.team_id"] = {"$in": sorted(below)}
    if active is not None:
        wanted["state.left_at"] = None if active else {"$ne": None}
    scope = caller.rows(owner="member_id")
    return Rows(store.members.collection, both(wanted, scope), store.members.read, STATE)
