"""The outbox on the real broker and store."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from backbone.broker import Publisher, ensure_topics
from backbone.contract.directory import TeamChanged
from backbone.contract.envelope import Envelope
from backbone.contract.ids import new_event_id
from backbone.idempotency import Attempt, By
from backbone.mongo import Database, connect
from backbone.outbox import Aggregates
from backbone.problems import Conflict, KeyReused
from backbone.relay import Relay, entries_of
from backbone.settings import Settings
from backbone.testing import eventually
from tests.listening import listening

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Team:
    """The least an aggregate can be."""

    team_id: str
    name: str


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    client = connect(settings)
    yield client[settings.database("outbox")]
    client.close()


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    await asyncio.to_thread(ensure_topics, settings)
    opened = await asyncio.to_thread(Publisher, settings)
    yield opened
    await opened.close()


@pytest.fixture
async def relay(publisher: Publisher) -> Relay:
    """A relay that does not run by itself: the moment between write and publication, held."""
    return Relay(publisher)


@pytest.fixture
async def teams(database: Database, relay: Relay) -> Aggregates[Team]:
    opened = Aggregates(database[f"teams-{new_event_id()}"], Team, source="/services/test", relay=relay)
    await opened.ensure_indexes()
    return opened


def named(team: Team) -> TeamChanged:
    return TeamChanged(team_id=team.team_id, name=team.name, parent_id=None)


def by(attempt: Attempt | None = None) -> By:
    return By(actor="key:test", request_id="r1", attempt=attempt)


async def on_the_log(settings: Settings, team_id: str, count: int) -> list[Envelope]:
    """The events of a team, once there are so many at least; what is more than that shows too."""
    async with listening(settings, "directory") as log:

        async def ask() -> list[Envelope]:
            return [envelope for envelope in log if envelope.subject == team_id]

        return await eventually(ask, lambda found: len(found) >= count)


async def test_what_a_crash_left_unpublished_is_published_in_order_by_the_next_relay(
    settings: Settings, publisher: Publisher, teams: Aggregates[Team]
) -> None:
    team = Team(new_event_id(), "North")
    renamed = Team(team.team_id, "Far North")
    saved = await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())
    await teams.change(saved, renamed, [named(renamed)], at=NOW, by=by())

    after_the_crash = Relay(publisher)
    await after_the_crash.sweep(teams.collection)

    heard = await on_the_log(settings, team.team_id, 2)
    assert [(e.sequence, e.data) for e in heard] == [(1, named(team)), (2, named(renamed))]
    assert await teams.collection.count_documents({"pending": True}) == 0


async def test_a_lost_race_writes_neither_state_nor_event(
    settings: Settings, relay: Relay, teams: Aggregates[Team]
) -> None:
    team = Team(new_event_id(), "North")
    seen = await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())
    rivals = [Team(team.team_id, f"North {number}") for number in range(8)]

    answers = await asyncio.gather(
        *(teams.change(seen, rival, [named(rival)], at=NOW, by=by()) for rival in rivals), return_exceptions=True
    )

    assert sum(isinstance(answer, Conflict) for answer in answers) == len(rivals) - 1
    await relay.sweep(teams.collection)
    heard = await on_the_log(settings, team.team_id, 2)
    assert len(heard) == 2
    assert heard[1].data == named((await teams.get(team.team_id)).state)


async def test_an_attempt_that_is_sent_again_acts_once_also_side_by_side(
    settings: Settings, relay: Relay, teams: Aggregates[Team]
) -> None:
    attempt = Attempt(new_event_id(), "print")
    tries = [Team(new_event_id(), "North") for _ in range(8)]

    answers = await asyncio.gather(
        *(teams.create(team.team_id, team, [named(team)], at=NOW, by=by(attempt)) for team in tries)
    )

    assert len({saved.id for saved in answers}) == 1
    assert sum(not saved.replayed for saved in answers) == 1
    await relay.sweep(teams.collection)
    assert len(await on_the_log(settings, answers[0].id, 1)) == 1


async def test_an_idempotency_key_with_another_request_is_refused(teams: Aggregates[Team]) -> None:
    key = new_event_id()
    first, second = Team(new_event_id(), "North"), Team(new_event_id(), "South")
    await teams.create(first.team_id, first, [named(first)], at=NOW, by=by(Attempt(key, "one")))

    with pytest.raises(KeyReused):
        await teams.create(second.team_id, second, [named(second)], at=NOW, by=by(Attempt(key, "other")))


async def test_an_event_added_while_others_are_published_is_not_taken_off_with_them(
    settings: Settings, publisher: Publisher, teams: Aggregates[Team]
) -> None:
    team = Team(new_event_id(), "North")
    saved = await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())
    later = Team(team.team_id, "Far North")

    class Interrupted(Publisher):
        """A publisher in whose midst somebody changes the team."""

        def __init__(self) -> None:
            """Use the real one below."""

        async def publish_many(self, records):  # type: ignore[no-untyped-def]
            placed = await publisher.publish_many(records)
            await teams.change(saved, later, [named(later)], at=NOW, by=by())
            return placed

    await Relay(Interrupted()).sweep(teams.collection)
    assert await teams.collection.count_documents({"_id": team.team_id, "pending": True}) == 1

    await Relay(publisher).sweep(teams.collection)
    heard = await on_the_log(settings, team.team_id, 2)
    assert [e.data for e in heard] == [named(team), named(later)]


async def test_the_audit_of_a_change_is_kept_once_although_the_relay_died_before_it_took_it_off(
    relay: Relay, teams: Aggregates[Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    team = Team(new_event_id(), "North")
    saved = await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())
    await teams.change(saved, Team(team.team_id, "Far North"), [], at=NOW, by=by())

    async def die(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr("backbone.relay._take_off", die)
        with pytest.raises(ConnectionError):
            await relay.sweep(teams.collection)
    await relay.sweep(teams.collection)

    entries = await entries_of(teams.collection).find({"of": team.team_id}).sort("_id").to_list(None)
    assert [(row["v"], row["did"], row.get("before", {}), row["after"]) for row in entries] == [
        (1, ["team-changed"], {}, {"team_id": team.team_id, "name": "North"}),
        (2, ["changed"], {"name": "North"}, {"name": "Far North"}),
    ]
    left = await teams.collection.find_one({"_id": team.team_id})
    assert left is not None
    assert left.keys() == {"_id", "version", "state", "done"}


async def test_a_lost_race_leaves_no_entry_in_the_audit(relay: Relay, teams: Aggregates[Team]) -> None:
    team = Team(new_event_id(), "North")
    seen = await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())

    await asyncio.gather(
        *(teams.change(seen, Team(team.team_id, f"North {number}"), [], at=NOW, by=by()) for number in range(8)),
        return_exceptions=True,
    )
    await relay.sweep(teams.collection)

    assert await entries_of(teams.collection).count_documents({"of": team.team_id}) == 2


async def test_of_many_created_at_the_same_moment_each_is_told_of_its_own(teams: Aggregates[Team]) -> None:
    ids = [new_event_id() for _ in range(60)]

    async def create(place: int, attempt: Attempt) -> str:
        team = Team(ids[place], f"team {place}")
        by = By("li", "r-1", attempt=attempt)
        return (await teams.create(team.team_id, team, [], at=NOW, by=by)).id

    tries = [create(place, Attempt(f"create-{place}", "as-asked")) for place in range(60)]
    repeated = [create(place, Attempt(f"create-{place}", "as-asked")) for place in range(0, 60, 3)]
    misused = [create(place, Attempt(f"create-{place}", "otherwise")) for place in range(1, 60, 3)]
    taken = [create(place, Attempt(f"again-{place}", "as-asked")) for place in range(2, 60, 3)]
    outcomes = await asyncio.gather(*tries, *repeated, *misused, *taken, return_exceptions=True)

    assert outcomes[:80] == [*ids, *ids[::3]]
    assert [type(outcome) for outcome in outcomes[80:]] == [KeyReused] * 20 + [Conflict] * 20
    assert await teams.collection.count_documents({}) == 60
