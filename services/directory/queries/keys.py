"""Who a key stands for, and lists of keys."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from backbone.auth import not_deputy
from backbone.callers import Caller, Scope, scope_for
from backbone.clock import utc_now
from backbone.listing import STATE, Rows
from backbone.outbox import Saved
from services.directory.domain.access import Standing, caller_of, in_place_of, role_held, roles_held
from services.directory.domain.delegation import bound
from services.directory.domain.key import Key
from services.directory.domain.team import Tree
from services.directory.queries.teams import tree_of
from services.directory.store import Store

NO_TREE: Final = Tree({})


class OwnKeys:
    """The directory's own key book: reads the store, so what is withdrawn or has ended stops here at once."""

    def __init__(self, store: Store, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._now = now

    async def caller_of(self, hashed: str, for_member: str | None = None) -> Caller | None:
        """See `backbone.auth.KeyBook`; an id that is no ASCII text comes percent-encoded, as headers must."""
        for_member = None if for_member is None else unquote(for_member)
        key = await self._store.key_of(hashed)
        if key is None:
            return None
        standing = None if key.member_id is None else await self._standing(key.member_id)
        if standing is not None and scope_for(role_held(key, standing.member), standing.member.scope) is Scope.SUBTREE:
            caller = await self._with_tree(standing, lambda whole, tree: caller_of(key, whole, tree))
        else:
            caller = caller_of(key, standing, NO_TREE)
        if caller is None or for_member is None or for_member == caller.member_id:
            return caller
        return await self._in_place_of(caller, for_member)

    async def _in_place_of(self, deputy: Caller, member_id: str) -> Caller:
        if deputy.member_id is None:
            raise not_deputy(member_id)
        now = self._now()
        running = [
            saved.state
            for saved in await self._store.delegations_of(deputy.member_id)
            if saved.state.delegate_id == deputy.member_id
            and saved.state.member_id == member_id
            and saved.state.holds(now)
        ]
        away = await self._standing(member_id) if running else None
        if away is not None:
            both = (away.member, *await self._store.members_of([deputy.member_id]))
            if not any(all(bound(delegation, one) for one in both) for delegation in running):
                raise not_deputy(member_id)
            keys = await self._store.keys_of(member_id)
            away = replace(away, roles=roles_held(keys, away.member))
            caller = await self._with_tree(away, lambda whole, tree: in_place_of(deputy, whole, tree))
            if caller is not None:
                return caller
        raise not_deputy(member_id)

    async def _standing(self, member_id: str) -> Standing | None:
        found, groups = await asyncio.gather(self._store.members_of([member_id]), self._store.groups_of(member_id))
        return Standing(found[0], groups=groups) if found else None

    async def _with_tree(self, standing: Standing, decide: Callable[[Standing, Tree], Caller | None]) -> Caller | None:
        teams = await self._store.all_teams()
        led = frozenset(team.id for team in teams if team.state.lead_id == standing.member.member_id)
        return decide(replace(standing, led=led), tree_of(teams))


def keys(store: Store) -> Rows[Saved[Key]]:
    """Every key, withdrawn ones too."""
    return Rows(store.keys.collection, {}, store.keys.read, STATE)
