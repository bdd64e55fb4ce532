import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from backbone.broker import Publisher, Record
from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.conversation import code
from tests.people import People, gather
from tests.serving import Service, serving


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "gateway"]) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture
async def gateway(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["gateway"].client() as client:
        yield client


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    opened = Publisher(settings)
    yield opened
    await opened.close()


def joined(member: str, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": new_event_id(),
        "source": "urn:acme:hr",
        "type": "member-joined",
        "time": "2026-01-05T09:30:00+08:00",
        "data": {"member_id": member, "name": "赵六", "role": "rep", **data},
    }


async def letter_of(gateway: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    async def ask() -> list[dict[str, Any]]:
        page = (await gateway.get("/dead-letters", params={"limit": 200})).json()["items"]
        return [row for row in page if all(row[name] == value for name, value in wanted.items())]

    found: dict[str, Any] = (await eventually(ask))[0]
    return found


async def test_what_a_service_refused_is_shown_mended_and_taken_in(
    gateway: httpx.AsyncClient, publisher: Publisher
) -> None:
    told = joined("zhao", nickname="Z")
    raw = json.dumps(told, ensure_ascii=False).encode()
    placed = await publisher.publish(Record("directory", b"zhao", raw))

    letter = await letter_of(gateway, topic="directory", partition=placed.partition, offset=placed.offset)

    assert (letter["reason"], letter["field"], letter["type"], letter["text"], letter["refused_by"]) == (
        "unknown-field",
        "/data/nickname",
        "member-joined",
        raw.decode(),
        "/services/directory",
    )
    path = f"/dead-letters/{letter['id']}"
    again = await gateway.post(f"{path}/resubmit")
    assert (again.status_code, code(again.json())) == (422, "unknown-field")
    assert (await gateway.get(path)).json()["resubmitted"] is None

    del told["data"]["nickname"]
    mended = await gateway.post(f"{path}/resubmit", json=told)

    assert (mended.status_code, mended.json()) == (
        200,
        {"id": letter["id"], "event_id": told["id"], "status": "accepted"},
    )
    seen = (await gateway.get(path)).json()["resubmitted"]
    assert (seen["event_id"], seen["by"].startswith("key:")) == (told["id"], True)
    waiting = (await gateway.get("/dead-letters", params={"waiting": True, "limit": 200})).json()["items"]
    assert letter["id"] not in {row["id"] for row in waiting}

    async def member() -> int:
        return (await gateway.get("/api/directory/members/zhao")).status_code

    await eventually(member, lambda status: status == 200)


async def test_binary_garbage_is_kept_byte_by_byte(gateway: httpx.AsyncClient, publisher: Publisher) -> None:
    placed = await publisher.publish(Record("directory", b"\x00key", b"\xff\x00garbage", headers=[("x", b"\xfe")]))

    letter = await letter_of(gateway, topic="directory", partition=placed.partition, offset=placed.offset)
    whole = (await gateway.get(f"/dead-letters/{letter['id']}")).json()

    assert (whole["text"], whole["value_base64"], whole["headers"]) == (
        "\ufffd\x00garbage",
        "/wBnYXJiYWdl",
        [{"name": "x", "value_base64": "/g=="}],
    )


async def test_garbage_on_the_topic_of_dead_letters_is_itself_a_dead_letter(
    gateway: httpx.AsyncClient, publisher: Publisher
) -> None:
    placed = await publisher.publish(Record("dead-letters", b"k", b"{"))

    letter = await letter_of(gateway, topic="dead-letters", partition=placed.partition, offset=placed.offset)

    assert (letter["reason"], letter["refused_by"], letter["text"]) == ("broken-json", "/services/gateway", "{")


async def test_a_record_under_the_wrong_key_is_mended_by_sending_it_in_again_as_it_was(
    gateway: httpx.AsyncClient, publisher: Publisher
) -> None:
    placed = await publisher.publish(Record("directory", b"somebody-else", json.dumps(joined("qian")).encode()))
    letter = await letter_of(gateway, topic="directory", partition=placed.partition, offset=placed.offset)
    assert letter["reason"] == "wrong-key"

    answer = await gateway.post(f"/dead-letters/{letter['id']}/resubmit")

    assert answer.status_code == 200, answer.text

    async def member() -> int:
        return (await gateway.get("/api/directory/members/qian")).status_code

    await eventually(member, lambda status: status == 200)


async def test_dead_letters_are_for_admins_only(gateway: httpx.AsyncClient, people: People) -> None:
    statuses = [
        (await gateway.get("/dead-letters", headers=people.keys[who])).status_code
        for who in ("viewer", "chen", "publisher")
    ]

    assert statuses == [403, 403, 403]
    assert (await gateway.get("/dead-letters/none")).status_code == 404
