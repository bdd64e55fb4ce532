"""What a kill -9 leaves behind: events not sent go out after the next start, none is lost."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from backbone.contract.envelope import Envelope
from backbone.mongo import Database, connect, database
from backbone.parcels import after
from backbone.settings import Settings
from backbone.testing import eventually
from tests.listening import listening
from tests.people import People, gather
from tests.serving import Service, serving

SELLERS = 12
ACKNOWLEDGED_BEFORE_THE_KILL = 60
MOST_KILLS = 12


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "customers"]) as running:
        yield running


@pytest.fixture
def store(settings: Settings) -> Iterator[Database]:
    client = connect(settings)
    yield database(client, settings, "customers")
    client.close()


async def unsent(store: Database) -> int:
    """Writes above the marks of the runs that made them."""
    marks = {run["_id"]: run["done"] async for run in store["runs"].find({"_id": {"$gt": ""}})}
    return sum(
        [
            await store[noun].count_documents({"stamp": after(run, done)})
            for noun in ("customers", "deals", "pipelines")
            for run, done in marks.items()
        ]
    )


async def sell_until_killed(customers: Service, people: People) -> dict[str, int]:
    """Customers and deals by id with the version that was acknowledged, made until the service was killed."""
    acknowledged: dict[str, int] = {}

    async def sell(client: httpx.AsyncClient) -> None:
        async def post(path: str, id_: str, **body: object) -> str:
            told = (await client.post(path, json=body, headers=people.as_("li"))).raise_for_status().json()
            acknowledged[told[id_]] = told["version"]
            return str(told[id_])

        try:
            while True:
                customer_id = await post("/customers", "customer_id", name="Hefei Pumps")
                deal_id = await post("/deals", "deal_id", customer_id=customer_id)
                await post(f"/deals/{deal_id}/stage", "deal_id", version=1, to_stage="proposal")
                await post(f"/deals/{deal_id}/win", "deal_id", version=2)
        except httpx.TransportError:
            return  # the service is gone

    async def kill() -> None:
        async def done() -> int:
            return len(acknowledged)

        await eventually(done, lambda count: count >= ACKNOWLEDGED_BEFORE_THE_KILL)
        customers.kill()

    async with customers.client(None) as client:
        await asyncio.gather(kill(), *(sell(client) for _ in range(SELLERS)))
    return acknowledged


async def test_no_event_of_an_acknowledged_change_is_lost_when_the_service_is_killed(
    services: dict[str, Service], settings: Settings, store: Database
) -> None:
    people = gather(services["directory"])
    customers = services["customers"]
    acknowledged: dict[str, int] = {}
    left = 0
    for _ in range(MOST_KILLS):
        acknowledged |= await sell_until_killed(customers, people)
        left += await unsent(store)
        await asyncio.to_thread(customers.launch)
        await asyncio.to_thread(customers.wait)
        if left:
            break

    assert left, "no kill hit between a write and its publication: the test proved nothing"
    kept = {
        document["_id"]: document["version"]
        for noun in ("customers", "deals", "pipelines")
        async for document in store[noun].find({}, {"version": 1})
    }
    assert {id_: version for id_, version in acknowledged.items() if kept.get(id_, 0) < version} == {}
    expected = {(id_, sequence) for id_, version in kept.items() for sequence in range(1, version + 1)}
    async with listening(settings, "customers", "deals") as heard:

        async def told() -> dict[tuple[str, int | None], set[str]]:
            ids: dict[tuple[str, int | None], set[str]] = {}
            for envelope in heard:
                ids.setdefault((envelope.subject, envelope.sequence), set()).add(envelope.id)
            return ids

        ids = await eventually(told, lambda found: found.keys() >= expected)
        assert ids.keys() == expected
        assert [step for step, of_step in ids.items() if len(of_step) > 1] == []
        assert all(_in_order(heard, id_) for id_ in kept)


def _in_order(heard: list[Envelope], subject: str) -> bool:
    """Whether each event stands after the one before it when it is heard first (a repeat may come later)."""
    first_heard = list(dict.fromkeys(envelope.sequence for envelope in heard if envelope.subject == subject))
    return first_heard == sorted(first_heard, key=lambda sequence: sequence or 0)
