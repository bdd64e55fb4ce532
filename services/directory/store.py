"""Where the directory keeps members, teams and keys: one collection a noun, events inside the documents."""

from collections.abc import Iterable
from typing import Final

from backbone.mongo import ASCENDING
from backbone.outbox import Aggregates, Saved
from backbone.service import Backbone
from services.directory.domain.key import Key
from services.directory.domain.member import Member
from services.directory.domain.team import Team

SOURCE: Final = "/services/directory"
_STATE: Final = {"version": 1, "state": 1}
"""Without what only writes need."""


class Store:
    """The collections of this service."""

    def __init__(self, backbone: Backbone) -> None:
        database, relay = backbone.database, backbone.relay
        self.members: Aggregates[Member] = Aggregates(database["members"], Member, source=SOURCE, relay=relay)
        self.teams: Aggregates[Team] = Aggregates(database["teams"], Team, source=SOURCE, relay=relay)
        self.keys: Aggregates[Key] = Aggregates(database["keys"], Key, source=SOURCE, relay=relay)

    async def ensure_indexes(self) -> None:
        """Make what the relay, the lists and the look-up of a key need."""
        await self.members.ensure_indexes("team_id")
        await self.teams.ensure_indexes()
        await self.keys.ensure_indexes("member_id")
        await self.keys.collection.create_index([("state.hash", ASCENDING)], unique=True)

    async def key_of(self, hashed: str) -> Key | None:
        """The key with this hash, withdrawn or not."""
        found = await self.keys.collection.find_one({"state.hash": hashed})
        return None if found is None else self.keys.read(found).state

    async def members_of(self, member_ids: Iterable[str]) -> list[Member]:
        """Those of the members that exist."""
        rows = await self.members.collection.find({"_id": {"$in": list(member_ids)}}).to_list(None)
        return [self.members.read(row).state for row in rows]

    async def all_members(self) -> list[Member]:
        """Every member, also those who left, by id."""
        rows = await self.members.collection.find({}, _STATE).sort("_id", ASCENDING).to_list(None)
        return [self.members.read(row).state for row in rows]

    async def all_teams(self) -> list[Saved[Team]]:
        """Every team, by id."""
        rows = await self.teams.collection.find({}, _STATE).sort("_id", ASCENDING).to_list(None)
        return [self.teams.read(row) for row in rows]
