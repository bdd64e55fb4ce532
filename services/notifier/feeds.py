"""What the notifier keeps in memory: every subscription as the store has it, and the tree of teams from the log."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from backbone.broker import Consumer, Received
from backbone.contract.directory import TeamChanged
from backbone.outbox import Aggregates, Saved
from backbone.settings import Settings
from services.notifier.domain.subscription import Subscription
from services.notifier.readers import read_event


class Book:
    """All subscriptions, looked up again whenever they are asked for: only what changed is fetched.

    Whoever read an event from the log and asks then sees every subscription that was made before the event
    was published, through whichever process.
    """

    def __init__(self, subscriptions: Aggregates[Subscription]) -> None:
        self._subscriptions = subscriptions
        self._known: dict[str, Saved[Subscription]] = {}

    async def all(self) -> list[Saved[Subscription]]:
        """Every subscription as it stands."""
        collection = self._subscriptions.collection
        versions = {row["_id"]: row["version"] async for row in collection.find({}, {"version": 1})}
        known = {id_: saved for id_, saved in self._known.items() if versions.get(id_) == saved.version}
        if changed := [id_ for id_ in versions if id_ not in known]:
            async for row in collection.find({"_id": {"$in": changed}}):
                known[row["_id"]] = self._subscriptions.read(row)
        self._known = known
        return list(known.values())


@dataclass
class TeamFeed:
    """The tree of teams, folded from the whole topic `directory`."""

    settings: Settings
    parents: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._consumer = Consumer(self.settings, [TeamChanged.topic], None, start="earliest")

    async def run(self) -> None:
        """Follow the topic."""
        await self._consumer.run(self.take)

    async def ready(self) -> None:
        """Return when everything that was on the topic at the start is known."""
        await self._consumer.ready()

    async def take(self, records: Sequence[Received]) -> None:
        """Learn from a batch of the topic."""
        for record in records:
            envelope = read_event(record)
            if envelope is not None and isinstance(team := envelope.data, TeamChanged):
                self.parents[team.team_id] = team.parent_id

    def below(self, teams: Iterable[str]) -> frozenset[str]:
        """These teams with every team below them, also when the tree has a ring."""
        found = frozenset(teams)
        while True:
            more = found | {team for team, parent in self.parents.items() if parent in found}
            if more == found:
                return found
            found = more
