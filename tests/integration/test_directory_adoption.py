import base64
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from backbone.broker import Publisher, Record
from backbone.contract.codec import encode
from backbone.contract.directory import MemberJoined, MemberLeft, MemberMoved, TeamChanged
from backbone.contract.envelope import EventData, seal
from backbone.contract.ids import new_event_id
from backbone.idempotency import By
from backbone.mongo import Collection, connect, database
from backbone.outbox import Aggregates
from backbone.relay import Relay
from backbone.runs import Runs
from backbone.settings import Settings
from backbone.testing import eventually
from services.directory.domain.member import Member, join
from tests.listening import listening
from tests.serving import Service, serving

MONDAY = datetime(2017, 3, 6, 9, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture(scope="module")
def service(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory"]) as services:
        yield services["directory"]


@pytest.fixture
async def directory(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with service.client() as client:
        yield client


@pytest.fixture
async def publisher(settings: Settings, service: Service) -> AsyncIterator[Publisher]:
    publisher = Publisher(settings)
    yield publisher
    await publisher.close()


@pytest.fixture
def collection(settings: Settings) -> Iterator[Collection]:
    client = connect(settings)
    yield database(client, settings, "directory")["members"]
    client.close()


def said(data: EventData, at: datetime, *, source: str = "urn:hr", event_id: str | None = None) -> Record:
    envelope = seal(data, source=source, time=at, event_id=event_id)
    return Record(data.topic, envelope.partitionkey.encode(), encode(envelope))


def new_ids(*names: str) -> list[str]:
    mark = new_event_id()
    return [f"{name}-{mark}" for name in names]


async def seen(directory: httpx.AsyncClient, path: str, **wanted: Any) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        found: dict[str, Any] = (await directory.get(path)).json()
        return {name: found.get(name) for name in wanted}

    return await eventually(ask, lambda found: found == wanted, seconds=30)


async def test_what_an_hr_system_tells_is_adopted_and_not_told_again(
    directory: httpx.AsyncClient, publisher: Publisher, settings: Settings
) -> None:
    lin, wang, north, china = new_ids("lin", "wang", "north", "china")
    joined = MemberJoined(member_id=lin, name="Lin", role="rep", team_id=north)
    north_formed = TeamChanged(team_id=north, name="North", parent_id=china)
    left = MemberLeft(member_id=lin, team_id=north, successor_id=wang)

    await publisher.publish_many([said(joined, MONDAY), said(north_formed, MONDAY)])
    await seen(directory, f"/members/{lin}", name="Lin", team_id=north, active=True, joined_at="2017-03-06T09:00:00Z")
    await seen(directory, f"/teams/{north}", name="North", parent_id=None)
    await publisher.publish_many(
        [said(TeamChanged(team_id=china, name="China", parent_id=None), TUESDAY), said(left, TUESDAY)]
    )
    await seen(directory, f"/teams/{north}", parent_id=china, depth=1)
    await seen(directory, f"/members/{lin}", active=False, successor_id=wang)
    renamed = await directory.patch(f"/teams/{north}", json={"version": 1, "name": "Northern"})

    assert renamed.status_code == 200
    async with listening(settings, "directory") as heard:

        async def said_of_both() -> tuple[list[EventData], list[EventData]]:
            return heard.of(lin), heard.of(north)

        assert await eventually(said_of_both, lambda both: len(both[1]) >= 2) == (
            [joined, left],
            [
                north_formed,
                TeamChanged(team_id=north, name="Northern", parent_id=china, from_parent_id=china),
            ],
        )


async def test_the_same_event_twice_acts_once(directory: httpx.AsyncClient, publisher: Publisher) -> None:
    lin, north = new_ids("lin", "north")
    joined = said(MemberJoined(member_id=lin, name="Lin", role="rep"), MONDAY)
    moved = said(MemberMoved(member_id=lin, from_team_id=None, team_id=north), MONDAY)
    last = said(MemberMoved(member_id=lin, from_team_id=north, team_id=north, role="manager"), MONDAY)

    await publisher.publish_many([joined, moved, joined, moved, joined, last])

    await seen(directory, f"/members/{lin}", version=3, team_id=north, role="manager")


async def test_who_is_moved_before_he_joined_is_kept_until_his_name_is_told(
    directory: httpx.AsyncClient, publisher: Publisher
) -> None:
    lin, north = new_ids("lin", "north")

    await publisher.publish(said(MemberMoved(member_id=lin, from_team_id=None, team_id=north), TUESDAY))
    await seen(directory, f"/members/{lin}", name=lin, team_id=north)
    await publisher.publish(said(MemberJoined(member_id=lin, name="Lin", role="rep", team_id="west"), MONDAY))

    await seen(directory, f"/members/{lin}", name="Lin", team_id=north)


async def test_a_record_nobody_can_use_becomes_a_dead_letter_and_holds_nothing_up(
    directory: httpx.AsyncClient, publisher: Publisher, settings: Settings
) -> None:
    (lin,) = new_ids("lin")
    good = said(MemberJoined(member_id=lin, name="Lin", role="rep"), MONDAY)
    broken = {
        b"\x00\xffgarbage": "broken-text",
        b'{"type": "member-joined", ': "broken-json",
        b'{"type": "member-vanished"}': "unknown-type",
        good.value or b"": "wrong-key",
    }

    await publisher.publish_many([Record("directory", b"bad-key", value) for value in broken])
    await publisher.publish(good)
    await seen(directory, f"/members/{lin}", name="Lin")

    async with listening(settings, "dead-letters") as heard:

        async def refused() -> dict[bytes, str]:
            letters = [envelope.data.model_dump() for envelope in heard if envelope.source == "/services/directory"]
            return {base64.b64decode(letter["value_base64"]): letter["reason"] for letter in letters}

        assert await eventually(refused, lambda found: len(found) >= len(broken)) == broken


async def test_an_event_a_service_of_ours_told_is_not_adopted(
    directory: httpx.AsyncClient, publisher: Publisher
) -> None:
    (ghost,) = new_ids("ghost")
    own = seal(MemberJoined(member_id=ghost, name="Ghost", role="rep"), source="/services/directory", time=MONDAY)
    # Under the same key, so on the same partition: when this has acted, the other was read.
    after = said(TeamChanged(team_id=ghost, name="Ghosts", parent_id=None), MONDAY)

    await publisher.publish_many([Record("directory", ghost.encode(), encode(own)), after])
    await seen(directory, f"/teams/{ghost}", name="Ghosts")

    assert (await directory.get(f"/members/{ghost}")).status_code == 404


async def test_what_a_crash_left_unpublished_is_published_after_the_start(
    service: Service, settings: Settings, publisher: Publisher, collection: Collection
) -> None:
    service.kill()
    (lin,) = new_ids("lin")
    state, events = join(lin, "Lin", "rep", None, MONDAY)
    # A relay that does not run: the write stands, its event is not sent, as after a crash in between.
    relay = Relay(publisher, Runs(collection.database["runs"]))
    members: Aggregates[Member] = Aggregates(collection, Member, source="/services/directory", relay=relay)
    await members.create(lin, state, events, at=MONDAY, by=By(actor="key:test", request_id="crash"))

    service.launch()
    service.wait()

    async with listening(settings, "directory") as heard:

        async def told() -> list[EventData]:
            return heard.of(lin)

        assert await eventually(told) == events
