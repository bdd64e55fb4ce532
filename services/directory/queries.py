"""Reading the directory: single objects, pages, the tree, who a key stands for."""

from collections.abc import Sequence
from dataclasses import dataclass

from backbone.auth import not_deputy
from backbone.callers import Caller
from backbone.mongo import Document
from backbone.outbox import Saved
from backbone.paging import page_of
from backbone.problems import NotFound
from backbone.rows import read_row
from services.directory.domain.access import Standing, caller_of
from services.directory.domain.key import Key
from services.directory.domain.member import Member
from services.directory.domain.team import Team, Tree
from services.directory.store import Store


class OwnKeys:
    """The directory's own key book: reads the store, so a withdrawn key stops here at once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def caller_of(self, hashed: str, for_member: str | None = None) -> Caller | None:
        """See `backbone.auth.KeyBook`."""
        key = await self._store.key_of(hashed)
        if key is None:
            return None
        teams = await self._store.all_teams()
        standing = None if key.member_id is None else await self._standing(key.member_id, teams)
        caller = caller_of(key, standing, tree_of(teams))
        if caller is None or for_member is None or for_member == caller.member_id:
            return caller
        return await self._in_place_of(caller, for_member, teams)

    async def _in_place_of(self, deputy: Caller, member_id: str, teams: Sequence[Saved[Team]]) -> Caller:
        raise not_deputy(member_id)

    async def _standing(self, member_id: str, teams: Sequence[Saved[Team]]) -> Standing | None:
        for found in await self._store.members_of([member_id]):
            return Standing(found, frozenset(team.id for team in teams if team.state.lead_id == member_id))
        return None


@dataclass(frozen=True, slots=True)
class Branch:
    """A team with its place in the tree as it holds (see `domain.team.Tree`)."""

    team: Team
    version: int
    parent_id: str | None
    depth: int


def tree_of(teams: Sequence[Saved[Team]]) -> Tree:
    """The tree of these teams."""
    return Tree({team.id: team.state.parent_id for team in teams})


async def branches(store: Store) -> list[Branch]:
    """Every team, each before those below it, siblings by name."""
    teams = {team.id: team for team in await store.all_teams()}
    tree = tree_of(list(teams.values()))

    def below(team_id: str | None) -> list[str]:
        return sorted(tree.children(team_id), key=lambda child: (teams[child].state.name, child), reverse=True)

    found: list[Branch] = []
    waiting = [(team_id, 0) for team_id in below(None)]
    while waiting:
        team_id, depth = waiting.pop()
        found.append(Branch(teams[team_id].state, teams[team_id].version, tree.parents[team_id], depth))
        waiting.extend((child, depth + 1) for child in below(team_id))
    return found


async def roster(store: Store) -> list[Member]:
    """Every member, also those who left: boards of the past show them too."""
    return await store.all_members()


@dataclass(frozen=True, slots=True)
class Present:
    """A member as other services need him: who he is, whether he is at work now, where he serves."""

    member: Member
    on_duty: bool
    territories: tuple[str, ...] = ()


async def lookup(store: Store, member_ids: Sequence[str]) -> list[Present]:
    """Those of the members that exist."""
    return await _present(store, await store.members_of(member_ids))


async def working(store: Store, team_id: str | None) -> list[Present]:
    """Who works in a team or below it (None = anywhere), by id."""
    members = [found for found in await store.all_members() if found.active]
    if team_id is not None:
        below = tree_of(await store.all_teams()).below([team_id])
        members = [found for found in members if found.team_id in below]
    return await _present(store, members)


async def _present(store: Store, members: Sequence[Member]) -> list[Present]:
    return [Present(found, found.active) for found in members]


async def member(store: Store, caller: Caller, member_id: str) -> Saved[Member]:
    """One member.

    Raises:
        NotFound: no such member in the caller's row scope.
    """
    return await read_row(store.members, caller, member_id)


async def member_page(
    store: Store,
    caller: Caller,
    *,
    team_id: str | None,
    active: bool | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Saved[Member]], str | None]:
    """One page of members by falling id, and the cursor of the next page.

    Args:
        store: where to look.
        caller: whose row scope holds.
        team_id: only this team with those below it.
        active: only those who are with the organisation (or only those who left).
        cursor: of the page before.
        limit: most members.
    """
    # Side by side, not merged: the scope must hold even where a filter names the same field.
    wanted = [scope] if (scope := caller.rows(owner="member_id")) else []
    if team_id is not None:
        below = tree_of(await store.all_teams()).below([team_id])
        wanted.append({"state.team_id": {"$in": sorted(below)}})
    if active is not None:
        wanted.append({"state.left_at": None if active else {"$ne": None}})
    conditions: Document = {"$and": wanted} if wanted else {}
    found, following = await page_of(store.members.collection, conditions, cursor=cursor, limit=limit)
    return [store.members.read(document) for document in found], following


async def team(store: Store, team_id: str) -> Branch:
    """One team.

    Raises:
        NotFound: there is no such team.
    """
    for branch in await branches(store):
        if branch.team.team_id == team_id:
            return branch
    raise NotFound("team", team_id)


async def key_page(
    store: Store, *, member_id: str | None, cursor: str | None, limit: int
) -> tuple[list[Saved[Key]], str | None]:
    """One page of keys by falling id, withdrawn ones too, and the cursor of the next page."""
    wanted: Document = {} if member_id is None else {"state.member_id": member_id}
    found, following = await page_of(store.keys.collection, wanted, cursor=cursor, limit=limit)
    return [store.keys.read(document) for document in found], following
