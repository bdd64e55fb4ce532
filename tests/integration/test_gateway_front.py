import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from backbone.settings import HOST, Settings
from backbone.testing import eventually
from tests.conversation import code
from tests.people import People, gather
from tests.serving import ADMIN_KEY, Service, free_port_base, serving

LEADS_PORT = free_port_base() + 99


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    beside = settings.model_copy(update={"leads_url": f"http://{HOST}:{LEADS_PORT}"})
    with serving(beside, tmp_path_factory.mktemp("logs"), ["directory", "gateway"]) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture
async def gateway(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["gateway"].client() as client:
        yield client


@dataclass
class Sibling:
    """A service that answers what the test tells it to, on the wire: streams byte by byte, and notes what it got."""

    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    pieces: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.heads.append(head)
        lengths = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
        if lengths:
            self.bodies.append(await reader.readexactly(int(lengths[0].partition(":")[2])))
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close, x-secret\r\n"
            b"x-secret: 1\r\nx-kept: 1\r\n\r\n"
        )
        leaving = asyncio.create_task(reader.read())
        while True:
            piece = asyncio.create_task(self.pieces.get())
            await asyncio.wait({piece, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not piece.done() or (told := piece.result()) is None:
                break
            writer.write(told)
        if leaving.done():
            self.gone.set()
        leaving.cancel()
        writer.close()


@pytest.fixture
async def sibling() -> AsyncIterator[Sibling]:
    told = Sibling()
    server = await asyncio.start_server(told.answer, HOST, LEADS_PORT)
    async with server:
        yield told


async def test_a_request_reaches_its_service_and_the_answer_comes_back(
    gateway: httpx.AsyncClient, people: People
) -> None:
    made = await gateway.post("/api/directory/teams", json={"name": "East"})
    found = await gateway.get(f"/api/directory/members/{people.ids['li']}", params={"x": "a b&c"})

    assert (made.status_code, made.json()["name"]) == (201, "East")
    assert (found.status_code, found.json()["name"], found.headers.get_list("x-request-id")) == (
        200,
        "Li",
        [found.headers["x-request-id"]],
    )


async def test_the_services_decide_who_may_see_what_from_the_same_key(
    gateway: httpx.AsyncClient, people: People
) -> None:
    refused = await gateway.get("/api/directory/keys", headers=people.keys["viewer"])
    nobody = await gateway.get("/api/directory/keys", headers={"authorization": ""})

    assert (refused.status_code, nobody.status_code) == (403, 401)


@pytest.mark.parametrize(
    "path",
    [
        "/api/directory/keys/verify",
        "/api/directory/keys/verify/",
        "/api/directory/members/lookup",
        "/api/customers/customers/lookup",
        "/api/directory/%6detrics",
        "/api/directory//metrics",
        "/api/directory/x/../metrics",
        "/api/kafka/x",
        "/api/gateway/events",
    ],
)
async def test_what_services_say_to_each_other_cannot_be_reached(
    services: dict[str, Service], people: People, path: str
) -> None:
    gateway = services["gateway"]
    # The client would tidy the dots away, so the path goes out as it stands.
    reader, writer = await asyncio.open_connection(HOST, gateway.settings.port("gateway"))
    writer.write(
        f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN_KEY}\r\n"
        "connection: close\r\ncontent-length: 0\r\n\r\n".encode()
    )
    answer = (await reader.read()).decode()
    writer.close()

    assert answer.startswith("HTTP/1.1 404"), answer


async def test_a_service_that_is_away_is_a_problem_and_not_a_crash(gateway: httpx.AsyncClient) -> None:
    for path in ("/api/notifier/subscriptions", "/"):
        answer = await gateway.get(path)
        assert (answer.status_code, code(answer.json())) == (503, "service-away")


async def test_a_live_stream_passes_as_it_comes_and_ends_when_the_reader_leaves(
    gateway: httpx.AsyncClient, sibling: Sibling
) -> None:
    async with gateway.stream("GET", "/api/leads/live", headers={"connection": "x-hop", "x-hop": "1"}) as answer:
        pieces = answer.aiter_raw()
        for piece in (b"data: 1\n\n", b"data: 2\n\n"):
            sibling.pieces.put_nowait(piece)
            assert await asyncio.wait_for(anext(pieces), 10) == piece
        assert (answer.headers.get("x-kept"), answer.headers.get("x-secret")) == ("1", None)

    await asyncio.wait_for(sibling.gone.wait(), 10)
    (head,) = sibling.heads
    assert head.startswith("GET /live HTTP/1.1\r\n")
    assert f"authorization: Bearer {ADMIN_KEY}" in head
    assert "x-hop" not in head.lower()


async def test_a_body_is_passed_on_as_it_was_sent(gateway: httpx.AsyncClient, sibling: Sibling) -> None:
    sibling.pieces.put_nowait(None)

    answer = await gateway.post(
        "/api/leads/leads?channel=web", content=b"\x00\x01body", headers={"content-type": "x/y"}
    )

    assert (answer.status_code, sibling.bodies) == (200, [b"\x00\x01body"])
    assert sibling.heads[0].startswith("POST /leads?channel=web HTTP/1.1\r\n")


async def test_the_page_signs_in_by_cookie_and_out_again(services: dict[str, Service]) -> None:
    async with services["gateway"].client(None) as page:
        bad = await page.post("/session", json={"key": "db_000000000000_wrong"})
        good = await page.post("/session", json={"key": ADMIN_KEY})
        seen = await page.get("/session")
        read = await page.get("/api/directory/members")
        out = await page.delete("/session", headers={"sec-fetch-site": "same-origin"})
        after = await page.get("/session")

    assert [one.status_code for one in (bad, good, seen, read, out, after)] == [401, 200, 200, 200, 204, 401]
    assert seen.json() == {
        "role": "admin",
        "scope": "all",
        "member_id": None,
        "team_id": None,
        "groups": [],
        "deputy_id": None,
    }
    cookie = good.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("drumbeat_key=", "httponly", "samesite=strict", "path=/"))
    assert good.headers["cache-control"] == "no-store"


async def test_a_change_by_cookie_needs_our_own_page_behind_it(services: dict[str, Service]) -> None:
    async with services["gateway"].client(None) as page:
        await page.post("/session", json={"key": ADMIN_KEY})
        own = f"http://{HOST}:{services['gateway'].settings.port('gateway')}"
        answers = [
            await page.post("/api/directory/teams", json={"name": name}, headers=headers)
            for name, headers in (
                ("Nobody says", {}),
                ("A stranger", {"origin": "http://evil.example"}),
                ("Another port", {"sec-fetch-site": "same-site"}),
                ("Ours", {"origin": own}),
                ("Ours too", {"sec-fetch-site": "same-origin"}),
                ("With the key shown", {"authorization": f"Bearer {ADMIN_KEY}", "origin": "http://evil.example"}),
            )
        ]
        stranger = await page.post("/session", json={"key": ADMIN_KEY}, headers={"origin": "http://evil.example"})

    assert [one.status_code for one in answers] == [403, 403, 403, 201, 201, 201]
    assert (code(answers[0].json()), stranger.status_code) == ("cross-site", 403)


async def test_a_service_that_comes_back_is_reached_again(
    gateway: httpx.AsyncClient, services: dict[str, Service]
) -> None:
    services["directory"].kill()
    away = await gateway.get("/api/directory/health/live")
    services["directory"].launch()
    await asyncio.to_thread(services["directory"].wait)

    async def back() -> int:
        return (await gateway.get("/api/directory/health/live")).status_code

    assert away.status_code == 503
    await eventually(back, lambda status: status == 200)
