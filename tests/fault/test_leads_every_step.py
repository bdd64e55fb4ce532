"""What takes several writes about leads, killed by -9 between any two of them, ends complete or untouched."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.cutting import SECONDS, Armed, armed_in
from tests.listening import listening
from tests.nursery import nursery
from tests.people import People, gather
from tests.serving import Service, serving

SERVICES: Final = ("directory", "leads")

pytestmark = pytest.mark.timeout(180)


@dataclass
class Room:
    """The leads service, the file that arms it, and the people."""

    service: Service
    armed: Armed
    people: People

    async def killed_at(self, point: str, ask: Callable[[], Awaitable[object]]) -> None:
        """Ask for something; return when the service has died at the point and runs again."""
        await self.armed.killed_at(point, ask, self.service)

    async def post(self, path: str, who: str, once: str | None = None, **body: Any) -> httpx.Response:
        async with self.service.client(None) as client:
            return await client.post(path, json=body, headers=self.people.as_(who, once=once))

    async def made(self, who: str, **told: Any) -> dict[str, Any]:
        answer = await self.post("/leads", who, channel="web", **told)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def read(self, lead_id: str) -> dict[str, Any]:
        async with self.service.client() as client:
            found: dict[str, Any] = (await client.get(f"/leads/{lead_id}")).json()
            return found


@pytest.fixture(scope="module")
def room(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with (
        armed_in(tmp_path_factory.mktemp("fail")) as armed,
        nursery([f"services.{name}.main" for name in SERVICES]) as forked,
        serving(settings, tmp_path_factory.mktemp("logs"), SERVICES, forked) as services,
    ):
        yield Room(services["leads"], armed, gather(services["directory"]))


async def pair(room: Room) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two leads of Li's with people, fields and names of their own."""
    name = new_event_id()[-12:]
    stays = await room.made("li", company_name=f"留{name}", contact={"name": "Ann"})
    goes = await room.made("li", company_name=f"走{name}", territory="CN-31", contact={"name": "Bo"})
    return stays, goes


async def types_of(room: Room, lead_id: str) -> list[str]:
    """What the log tells of a lead, each event once."""
    async with listening(room.service.settings, "leads") as heard:

        async def created() -> list[str]:
            once = {envelope.id: envelope for envelope in heard if envelope.subject == lead_id}
            return [one.type for one in sorted(once.values(), key=lambda one: one.sequence or 0)]

        version = (await room.read(lead_id))["version"]

        async def last() -> int:
            return max((one.sequence or 0 for one in heard if one.subject == lead_id), default=0)

        # The version may end with a change that told nothing; what is told comes within a moment of it.
        try:
            await eventually(last, lambda sequence: sequence >= version, seconds=5)
        except AssertionError:
            pass
        return await created()


@pytest.mark.parametrize("point", ["merge:absorbed", "merge:gone", "merge:done"])
async def test_a_merge_that_is_killed_ends_complete(room: Room, point: str) -> None:
    stays, goes = await pair(room)
    once = new_event_id()

    async def merge() -> httpx.Response:
        return await room.post(
            f"/leads/{stays['lead_id']}/merge", "li", once, version=stays["version"], lead_id=goes["lead_id"]
        )

    await room.killed_at(point, merge)
    gone = await eventually(lambda: room.read(goes["lead_id"]), lambda lead: lead["state"] == "merged", seconds=SECONDS)
    again = await merge()

    assert gone["merged"]["into_lead_id"] == stays["lead_id"]
    assert (again.status_code, again.json()["territory"]) == (200, "CN-31")
    assert [one["name"] for one in again.json()["more_contacts"]] == ["Bo"]
    assert await types_of(room, goes["lead_id"]) == ["lead-created", "lead-merged"]


@pytest.mark.parametrize("point", ["unmerge:given", "unmerge:back", "unmerge:done"])
async def test_an_unmerge_that_is_killed_leaves_both_as_they_were_before_the_merge(room: Room, point: str) -> None:
    stays, goes = await pair(room)
    await room.post(f"/leads/{stays['lead_id']}/merge", "li", version=stays["version"], lead_id=goes["lead_id"])
    gone = await room.read(goes["lead_id"])

    await room.killed_at(point, lambda: room.post(f"/leads/{goes['lead_id']}/unmerge", "li", version=gone["version"]))
    back = await eventually(lambda: room.read(goes["lead_id"]), lambda lead: lead["state"] == "new", seconds=SECONDS)

    async def apart() -> dict[str, Any]:
        return {**await room.read(stays["lead_id"]), "version": 0}

    await eventually(apart, lambda lead: lead == {**stays, "version": 0}, seconds=SECONDS)
    later = {"version", "owned_at"}
    assert {name: back[name] for name in back.keys() - later} == {name: goes[name] for name in goes.keys() - later}
    assert await types_of(room, goes["lead_id"]) == ["lead-created", "lead-merged", "lead-unmerged"]


@pytest.mark.parametrize("point", ["claim:noted", "claim:taken"])
async def test_a_claim_that_is_killed_is_made_once_and_counts_once(room: Room, point: str) -> None:
    async with room.service.client() as client:
        policy = (await client.get("/policies/pool")).json()
        used = {"claim:noted": 1, "claim:taken": 2}[point]
        await client.put("/policies/pool", json={**policy, "claims_per_day": used})
    lead, other = [await room.made("admin", owner_id=None, contact={"name": "Bo"}) for _ in range(2)]
    once = new_event_id()

    async def claim() -> httpx.Response:
        return await room.post(f"/pool/{lead['lead_id']}/claim", "li", once)

    await room.killed_at(point, claim)
    again = await claim()
    one_more = await room.post(f"/pool/{other['lead_id']}/claim", "li")

    assert (again.status_code, again.json()["owner_id"]) == (200, room.people.ids["li"])
    assert await types_of(room, lead["lead_id"]) == ["lead-created", "lead-claimed"]
    assert one_more.json()["type"] == "urn:drumbeat:problem:daily-limit"


@pytest.mark.parametrize("point", ["erase:first-done", "erase:one-more-done"])
async def test_an_erasure_that_is_killed_is_finished_by_the_same_request(room: Room, point: str) -> None:
    stays, goes = await pair(room)
    merged = await room.post(
        f"/leads/{stays['lead_id']}/merge", "li", version=stays["version"], lead_id=goes["lead_id"]
    )
    once = new_event_id()

    async def erase() -> httpx.Response:
        contact_id = goes["contact"]["contact_id"]
        path = f"/leads/{stays['lead_id']}/contacts/{contact_id}/erase"
        return await room.post(path, "li", once, version=merged.json()["version"])

    await room.killed_at(point, erase)
    again = await erase()

    assert again.status_code == 200
    assert again.json()["more_contacts"] == []
    assert (await room.read(goes["lead_id"]))["contact"] is None
