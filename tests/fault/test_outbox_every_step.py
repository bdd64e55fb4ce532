"""A service is killed by -9 at every step between a write and the note that its event is out: nothing is lost."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from backbone.contract.envelope import Envelope
from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.cutting import Armed, armed_in, back_to_life
from tests.listening import listening
from tests.serving import Service, serving

STEPS: Final = ("write:stored", "relay:published", "relay:kept")


@dataclass
class Room:
    """The directory, which can be cut off."""

    directory: Service
    armed: Armed

    async def ask(self, method: str, path: str, once: str, **body: Any) -> dict[str, Any]:
        """Ask as an admin; the answer."""
        async with self.directory.client() as client:
            answer = await client.request(method, path, json=body, headers={"Idempotency-Key": once})
        assert answer.status_code in (200, 201), answer.text
        told: dict[str, Any] = answer.json()
        return told


@pytest.fixture(scope="module")
def room(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with (
        armed_in(tmp_path_factory.mktemp("fail")) as armed,
        serving(settings, tmp_path_factory.mktemp("logs"), ["directory"]) as services,
    ):
        yield Room(services["directory"], armed)


async def told_of(settings: Settings, team_id: str, changes: int) -> list[Envelope]:
    """The events of a team, once all its changes are told."""
    async with listening(settings, "directory") as log:

        async def events() -> list[Envelope]:
            return [envelope for envelope in log if envelope.subject == team_id]

        return await eventually(events, lambda found: {e.sequence for e in found} >= set(range(1, changes + 1)))


async def check(room: Room, settings: Settings, team_id: str, names: list[str]) -> None:
    """Every change stands on the log under one id, in its order, and in the audit once."""
    heard = await told_of(settings, team_id, len(names))
    ids = {e.sequence: e.id for e in heard}
    assert len({e.id for e in heard}) == len(ids) == len(names)
    firsts = list(dict.fromkeys(e.sequence for e in heard))
    assert firsts == sorted(firsts, key=lambda sequence: sequence or 0)
    assert [e.data.name for e in {e.sequence: e for e in heard}.values()] == names  # type: ignore[attr-defined]

    async def entries() -> Counter[int]:
        async with room.directory.client() as client:
            page = (await client.get("/audit", params={"subject": team_id})).raise_for_status().json()
        return Counter(entry["version"] for entry in page["items"])

    assert await eventually(entries, lambda found: len(found) >= len(names)) == dict.fromkeys(
        range(1, len(names) + 1), 1
    )


@pytest.mark.parametrize("step", STEPS)
async def test_an_event_outlives_a_kill_at_every_step_of_its_way_out(room: Room, settings: Settings, step: str) -> None:
    names = [f"Team {new_event_id()[-6:]}" for _ in range(2)]
    team = await room.ask("POST", "/teams", new_event_id(), name=names[0])
    await told_of(settings, team["team_id"], 1)
    renamed = {"version": team["version"], "name": names[1]}

    await room.armed.killed_at(
        step, lambda: room.ask("PATCH", f"/teams/{team['team_id']}", new_event_id(), **renamed), room.directory
    )

    await check(room, settings, team["team_id"], names)


async def test_a_service_killed_while_it_makes_good_for_a_kill_loses_nothing_either(
    room: Room, settings: Settings
) -> None:
    name, once = f"Team {new_event_id()[-6:]}", new_event_id()
    room.armed.at("write:stored")
    with suppress(httpx.TransportError):
        await room.ask("POST", "/teams", once, name=name)
    await room.armed.killed(room.directory)
    room.armed.at("relay:recovered")
    room.directory.launch()

    await back_to_life(await room.armed.killed(room.directory))

    team = await room.ask("POST", "/teams", once, name=name)
    await check(room, settings, team["team_id"], [name])
