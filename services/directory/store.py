"""Where the directory keeps what it owns: one collection a noun, events inside the documents."""

from collections.abc import Iterable
from typing import Final, TypeVar

from backbone.mongo import ASCENDING, Document
from backbone.outbox import Aggregates, Saved
from backbone.service import Backbone
from services.directory.domain.delegation import Delegation
from services.directory.domain.duty import Duty
from services.directory.domain.group import WorkGroup
from services.directory.domain.key import Key
from services.directory.domain.member import Member
from services.directory.domain.target import Target
from services.directory.domain.team import Team
from services.directory.domain.territory import Territory

SOURCE: Final = "/services/directory"
_STATE: Final = {"version": 1, "state": 1}
"""Without what only writes need."""

ASKED_AT_ONCE: Final = 100
"""How many ids one question names: an embedded store compares every hit with the whole list."""

T = TypeVar("T")


class Store:
    """The collections of this service."""

    def __init__(self, backbone: Backbone) -> None:
        database, relay = backbone.database, backbone.relay

        def kept(name: str, kind: type[T]) -> Aggregates[T]:
            return Aggregates(database[name], kind, source=SOURCE, relay=relay)

        self.members = kept("members", Member)
        self.teams = kept("teams", Team)
        self.keys = kept("keys", Key)
        self.groups = kept("groups", WorkGroup)
        self.territories = kept("territories", Territory)
        self.delegations = kept("delegations", Delegation)
        self.duties = kept("duties", Duty)
        self.targets = kept("targets", Target)

    async def ensure_indexes(self) -> None:
        """Make what the relay, the lists and the look-ups need."""
        await self.members.ensure_indexes("team_id", "name", "placed_at", "left_at")
        await self.teams.ensure_indexes()
        await self.keys.ensure_indexes("member_id")
        await self.keys.collection.create_index([("state.hash", ASCENDING)], unique=True)
        await self.groups.ensure_indexes("member_ids")
        await self.territories.ensure_indexes()
        await self.delegations.ensure_indexes("member_id", "delegate_id", "ended_at")
        await self.duties.ensure_indexes()
        await self.targets.ensure_indexes("member_id", "team_id", "parent_id", "spreading")

    async def key_of(self, hashed: str) -> Key | None:
        """The key with this hash, withdrawn or not."""
        found = await self.keys.collection.find_one({"state.hash": hashed})
        return None if found is None else self.keys.read(found).state

    async def keys_of(self, member_id: str) -> list[Key]:
        """The keys of a member, withdrawn ones too."""
        return [saved.state for saved in await _all(self.keys, {"state.member_id": member_id})]

    async def members_of(self, member_ids: Iterable[str]) -> list[Member]:
        """Those of the members that exist."""
        return [saved.state for saved in await _named(self.members, member_ids)]

    async def duties_of(self, member_ids: Iterable[str]) -> list[Duty]:
        """The duty of those of the members that have one."""
        return [saved.state for saved in await _named(self.duties, member_ids)]

    async def all_members(self) -> list[Member]:
        """Every member, also those who left, by id."""
        return [saved.state for saved in await _all(self.members)]

    async def all_teams(self) -> list[Saved[Team]]:
        """Every team, by id."""
        return await _all(self.teams)

    async def all_duties(self) -> list[Duty]:
        """The duty of everybody who has one."""
        return [saved.state for saved in await _all(self.duties)]

    async def open_territories(self) -> list[Saved[Territory]]:
        """Every territory that is not closed, by id."""
        return await _all(self.territories, {"state.closed_at": None})

    async def groups_of(self, member_id: str) -> frozenset[str]:
        """Ids of the open work groups a member is in."""
        found = await _all(self.groups, {"state.member_ids": member_id})
        return frozenset(saved.id for saved in found if saved.state.open)

    async def delegations_of(self, *member_ids: str) -> list[Saved[Delegation]]:
        """The delegations that are not ended in which these members are away or stand in."""
        some = list(member_ids)
        away = await _all(self.delegations, {"state.member_id": {"$in": some}})
        standing = await _all(self.delegations, {"state.delegate_id": {"$in": some}})
        found = {saved.id: saved for saved in (*away, *standing) if not saved.state.ended}
        return list(found.values())

    async def open_delegations(self) -> list[Saved[Delegation]]:
        """Every delegation that is not ended."""
        return await _all(self.delegations, {"state.ended_at": None})


async def _all(objects: Aggregates[T], wanted: Document | None = None) -> list[Saved[T]]:
    rows = await objects.collection.find(wanted or {}, _STATE).sort("_id", ASCENDING).to_list(None)
    return [objects.read(row) for row in rows]


async def _named(objects: Aggregates[T], ids: Iterable[str]) -> list[Saved[T]]:
    wanted = list(dict.fromkeys(ids))
    found: list[Saved[T]] = []
    for first in range(0, len(wanted), ASKED_AT_ONCE):
        found.extend(await _all(objects, {"_id": {"$in": wanted[first : first + ASKED_AT_ONCE]}}))
    return found
