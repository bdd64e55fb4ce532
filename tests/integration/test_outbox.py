"""The outbox on the real broker and store."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from backbone.books import entries_of
from backbone.broker import Publisher
from backbone.contract.directory import TeamChanged
from backbone.contract.envelope import Envelope
from backbone.contract.ids import new_event_id
from backbone.grouping import Grouped
from backbone.idempotency import Attempt, By
from backbone.mongo import ConnectionFailure, Database, Document, connect
from backbone.outbox import Aggregates, Saved
from backbone.parcels import read_stamp
from backbone.problems import Conflict, KeyReused
from backbone.relay import Relay
from backbone.runs import SILENT_SECONDS, Runs
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
async def relay(publisher: Publisher, database: Database) -> Relay:
    """A relay that does not run by itself: the moment between write and publication, held."""
    return Relay(publisher, Runs(database["runs"]))


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


def another_run(database: Database, publisher: Publisher, teams: Aggregates[Team]) -> Relay:
    """The relay of the process that comes after, or runs beside."""
    relay = Relay(publisher, Runs(database["runs"]))
    relay.watch(teams.collection)
    return relay


async def test_what_a_crash_left_unpublished_is_published_in_order_by_the_next_relay(
    settings: Settings, publisher: Publisher, database: Database, teams: Aggregates[Team]
) -> None:
    team = Team(new_event_id(), "North")
    renamed = Team(team.team_id, "Far North")
    saved = await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())
    await teams.change(saved, renamed, [named(renamed)], at=NOW, by=by())

    await another_run(database, publisher, teams).recover()
    heard = await on_the_log(settings, team.team_id, 2)
    assert [(e.sequence, e.data) for e in heard] == [(1, named(team)), (2, named(renamed))]
    assert await entries_of(teams.collection).count_documents({"of": team.team_id}) == 2

    class Mute(Publisher):
        """A publisher that nothing may come to."""

        def __init__(self) -> None:
            """Open nothing."""

        async def publish_many(self, records):  # type: ignore[no-untyped-def]
            raise AssertionError(f"sent again: {records}")

    await another_run(database, Mute(), teams).recover()  # the one after, when that one dies too


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
    await relay.flush()
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
    await relay.flush()
    assert len(await on_the_log(settings, answers[0].id, 1)) == 1


async def test_an_idempotency_key_with_another_request_is_refused(teams: Aggregates[Team]) -> None:
    key = new_event_id()
    first, second = Team(new_event_id(), "North"), Team(new_event_id(), "South")
    await teams.create(first.team_id, first, [named(first)], at=NOW, by=by(Attempt(key, "one")))

    with pytest.raises(KeyReused):
        await teams.create(second.team_id, second, [named(second)], at=NOW, by=by(Attempt(key, "other")))


async def test_an_event_added_while_others_are_published_goes_out_after_them_and_once(
    settings: Settings, publisher: Publisher, database: Database
) -> None:
    team = Team(new_event_id(), "North")
    later = Team(team.team_id, "Far North")

    class Interrupted(Publisher):
        """A publisher in whose midst somebody changes the team."""

        def __init__(self) -> None:
            """Use the real one below."""

        async def publish_many(self, records):  # type: ignore[no-untyped-def]
            placed = await publisher.publish_many(records)
            if len(records) == 1 and not changed:
                changed.append(await teams.change(saved, later, [named(later)], at=NOW, by=by()))
            return placed

    changed: list[Saved[Team]] = []
    relay = Relay(Interrupted(), Runs(database["runs"]))
    teams = Aggregates(database[f"teams-{new_event_id()}"], Team, source="/services/test", relay=relay)
    await teams.ensure_indexes()
    saved = await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())

    await relay.flush()

    heard = await on_the_log(settings, team.team_id, 2)
    assert [e.data for e in heard] == [named(team), named(later)]


async def test_the_audit_of_a_change_is_kept_once_although_the_relay_died_before_it_noted_it(
    relay: Relay, teams: Aggregates[Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    team = Team(new_event_id(), "North")
    saved = await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())
    await teams.change(saved, Team(team.team_id, "Far North"), [], at=NOW, by=by())

    async def die(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr("backbone.runs.Runs.tell", die)
        with pytest.raises(ConnectionError):
            await relay.flush()
    await relay.flush()

    entries = await entries_of(teams.collection).find({"of": team.team_id}).sort("_id").to_list(None)
    assert [(row["v"], row["did"], row.get("before", {}), row["after"]) for row in entries] == [
        (1, ["team-changed"], {}, {"team_id": team.team_id, "name": "North"}),
        (2, ["changed"], {"name": "North"}, {"name": "Far North"}),
    ]


async def test_a_lost_race_leaves_no_entry_in_the_audit(relay: Relay, teams: Aggregates[Team]) -> None:
    team = Team(new_event_id(), "North")
    seen = await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())

    await asyncio.gather(
        *(teams.change(seen, Team(team.team_id, f"North {number}"), [], at=NOW, by=by()) for number in range(8)),
        return_exceptions=True,
    )
    await relay.flush()

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


async def test_an_event_of_a_write_whose_answer_was_lost_goes_out_all_the_same(
    settings: Settings, relay: Relay, teams: Aggregates[Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    team = Team(new_event_id(), "North")
    write = Grouped.insert_one

    async def cut_off(grouped: Grouped, document: Document) -> None:
        await write(grouped, document)
        raise ConnectionFailure("the connection broke before the answer came")

    with monkeypatch.context() as broken:
        broken.setattr(Grouped, "insert_one", cut_off)
        with pytest.raises(ConnectionFailure):
            await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())
    await relay.flush()

    assert [e.data for e in await on_the_log(settings, team.team_id, 1)] == [named(team)]


async def test_what_memory_does_not_hold_goes_out_from_the_disk_in_order(
    settings: Settings, publisher: Publisher, database: Database
) -> None:
    relay = Relay(publisher, Runs(database["runs"]), most_at_hand=1)
    teams = Aggregates(database[f"teams-{new_event_id()}"], Team, source="/services/test", relay=relay)
    await teams.ensure_indexes()
    team = Team(new_event_id(), "name 1")
    saved = await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())
    for number in range(2, 6):
        team = Team(team.team_id, f"name {number}")
        saved = await teams.change(saved, team, [named(team)], at=NOW, by=by())

    await relay.flush()

    heard = await on_the_log(settings, team.team_id, 5)
    assert list(dict.fromkeys(e.sequence for e in heard)) == [1, 2, 3, 4, 5]
    entries = await entries_of(teams.collection).count_documents({"of": team.team_id})
    assert entries == 5


async def test_who_changes_an_object_after_a_crash_takes_over_what_the_crash_left(
    settings: Settings, publisher: Publisher, database: Database, teams: Aggregates[Team]
) -> None:
    team = Team(new_event_id(), "North")
    await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())  # and its process dies here
    after = Relay(publisher, Runs(database["runs"]))
    same = Aggregates(teams.collection, Team, source="/services/test", relay=after)
    renamed = Team(team.team_id, "Far North")

    await same.change(await same.get(team.team_id), renamed, [named(renamed)], at=NOW, by=by())
    await after.flush()

    heard = await on_the_log(settings, team.team_id, 2)
    assert [(e.sequence, e.data) for e in heard] == [(1, named(team)), (2, named(renamed))]


async def test_a_write_that_lands_after_the_first_look_is_found_once_its_run_is_silent(
    settings: Settings, publisher: Publisher, database: Database, teams: Aggregates[Team], relay: Relay
) -> None:
    seconds = [0.0]
    runs = Runs(database["runs"], monotonic=lambda: seconds[0])
    beside = Relay(publisher, runs)
    beside.watch(teams.collection)
    first, late = Team(new_event_id(), "first"), Team(new_event_id(), "late")
    saved = await teams.create(first.team_id, first, [named(first)], at=NOW, by=by())
    assert saved.left is not None
    crashed_run, _ = read_stamp(saved.left.stamp)
    await beside.recover()
    await teams.create(late.team_id, late, [named(late)], at=NOW, by=by())

    await beside.recover()
    seconds[0] += SILENT_SECONDS
    await beside.recover()
    await beside.recover()

    assert len(await on_the_log(settings, late.team_id, 1)) == 1
    assert len(await on_the_log(settings, first.team_id, 1)) == 1
    (crashed,) = [run for run in await runs.others() if run.id == crashed_run]
    assert crashed.done == 2


async def test_a_service_that_stops_in_peace_leaves_nothing_to_look_for(
    settings: Settings, database: Database, teams: Aggregates[Team], relay: Relay
) -> None:
    team = Team(new_event_id(), "North")
    before = await database["runs"].count_documents({})
    await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())
    assert await database["runs"].count_documents({}) == before + 1

    await relay.close()

    assert await database["runs"].count_documents({}) == before
    assert len(await on_the_log(settings, team.team_id, 1)) == 1


async def test_two_processes_that_change_an_object_in_turn_tell_of_every_change_in_order(
    settings: Settings, publisher: Publisher, database: Database, teams: Aggregates[Team], relay: Relay
) -> None:
    beside = Relay(publisher, Runs(database["runs"]))
    same = Aggregates(teams.collection, Team, source="/services/test", relay=beside)
    team = Team(new_event_id(), "name 1")
    await teams.create(team.team_id, team, [named(team)], at=NOW, by=by())
    for number in range(2, 8):
        turn = same if number % 2 else teams
        team = Team(team.team_id, f"name {number}")
        await turn.change(await turn.get(team.team_id), team, [named(team)], at=NOW, by=by())

    await asyncio.gather(relay.flush(), beside.flush())

    heard = await on_the_log(settings, team.team_id, 7)
    assert {e.sequence for e in heard} == set(range(1, 8))
    by_sequence = {e.sequence: e.id for e in heard}
    assert len({e.id for e in heard}) == len(by_sequence) == 7
