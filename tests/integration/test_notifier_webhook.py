"""The webhook channel against real sockets on 127.0.0.1."""

import asyncio
import ipaddress
import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from standardwebhooks import Webhook

from backbone.problems import Refused
from backbone.settings import HOST
from services.notifier.domain.channel import ANSWER_BYTES, Destination, Kind, Message, Outcome, Result
from services.notifier.domain.signature import new_secret
from services.notifier.transport.resolver import Guard
from services.notifier.transport.webhook import Webhooks
from tests.receiving import Answer, receiving

SECRETS = (new_secret(), new_secret())
ALLOWED = [ipaddress.ip_network("127.0.0.1/32")]
TLS = ssl.create_default_context()


async def at_home(_host: str, _port: int) -> Sequence[str]:
    return [HOST]


def channel(*, allowed: bool = True, seconds: float = 5.0) -> Webhooks:
    return Webhooks(Guard(ALLOWED if allowed else [], at_home), seconds, TLS)


def message(url: str) -> Message:
    return Message("msg_1", Destination(Kind.WEBHOOK, url), '{"拜访": 1}'.encode(), datetime.now(UTC), SECRETS)


async def test_a_message_arrives_whole_and_signed_under_the_name_it_was_sent_to() -> None:
    with receiving() as receiver:
        outcome = await channel().send(message(f"http://hook.example:{receiver.port}/a%20b?c=d"))

    got = receiver.got[0]
    assert (outcome.result, outcome.status, outcome.answer) == (Result.TAKEN, 200, "thanks")
    assert (got.path, got.headers["host"]) == ("/a%20b?c=d", f"hook.example:{receiver.port}")
    assert got.headers["content-type"] == "application/cloudevents+json"
    for secret in SECRETS:
        assert Webhook(secret).verify(got.body, dict(got.headers)) == {"拜访": 1}


@pytest.mark.parametrize(
    ("status", "result"),
    [(200, Result.TAKEN), (204, Result.TAKEN), (301, Result.FAILED), (400, Result.FAILED), (404, Result.FAILED),
     (410, Result.GONE), (429, Result.FAILED), (500, Result.FAILED)],
)  # fmt: skip
async def test_the_status_decides(status: int, result: Result) -> None:
    with receiving(lambda _: Answer(status, b"")) as receiver:
        outcome = await channel().send(message(receiver.url))

    assert (outcome.result, outcome.status) == (result, status)


async def test_a_redirect_is_not_followed() -> None:
    with receiving() as inner, receiving(lambda _: Answer(307, b"", {"location": inner.url})) as outer:
        outcome = await channel().send(message(outer.url))

    assert (outcome.result, outcome.status, len(outer.got), inner.got) == (Result.FAILED, 307, 1, [])


async def test_what_a_busy_receiver_asks_for_is_told_in_seconds_or_as_a_date() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    asked = iter(["120", at])

    with receiving(lambda _: Answer(503, b"", {"retry-after": next(asked)})) as receiver:
        first, second = [await channel().send(message(receiver.url)) for _ in range(2)]

    assert first.retry_after == timedelta(seconds=120)
    assert second.retry_after is not None
    assert timedelta(minutes=59) < second.retry_after <= timedelta(hours=1)


async def test_of_a_long_answer_only_the_start_is_kept() -> None:
    with receiving(lambda _: Answer(500, b"\xff" + b"a" * 10_000_000)) as receiver:
        outcome = await channel().send(message(receiver.url))

    assert outcome.answer == "\N{REPLACEMENT CHARACTER}" + "a" * (ANSWER_BYTES - 1)


async def test_a_receiver_that_does_not_answer_is_left_after_the_timeout() -> None:
    async def keep_silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    outcome = await _against(keep_silent, seconds=0.3)

    assert (outcome.result, outcome.status, outcome.error) == (Result.FAILED, None, "No answer within 0.3 s.")
    assert 300 <= outcome.milliseconds < 5_000


async def test_an_answer_that_trickles_does_not_undo_its_status() -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nok")
        await asyncio.sleep(30)

    outcome = await _against(trickle, seconds=0.8)

    assert (outcome.result, outcome.status, outcome.answer) == (Result.TAKEN, 200, "ok")


async def test_an_answer_that_is_no_http_is_a_failure() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(b"SSH-2.0-OpenSSH_9\r\n")

    outcome = await _against(babble)

    assert (outcome.result, outcome.status) == (Result.FAILED, None)
    assert outcome.error is not None
    assert "RemoteProtocolError" in outcome.error


async def test_nobody_listening_is_a_failure() -> None:
    with receiving() as receiver:
        url = receiver.url

    outcome = await channel().send(message(url))

    assert (outcome.result, outcome.status) == (Result.FAILED, None)
    assert outcome.error is not None
    assert "ConnectError" in outcome.error


async def test_an_address_inside_is_neither_accepted_nor_called() -> None:
    with receiving() as receiver:
        outcome = await channel(allowed=False).send(message(receiver.url))
        with pytest.raises(Refused, match="loopback"):
            await channel(allowed=False).check(Destination(Kind.WEBHOOK, f"https://hook.example:{receiver.port}/"))

    assert (outcome.result, receiver.got) == (Result.FAILED, [])
    assert outcome.error is not None
    assert "loopback" in outcome.error


async def test_a_name_that_points_elsewhere_by_the_time_of_the_call_is_not_followed_inside() -> None:
    answers = iter([["1.1.1.1"], [HOST]])

    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        return next(answers)

    webhooks = Webhooks(Guard([], rebinding), 1, TLS)
    with receiving() as receiver:
        destination = message(f"http://rebind.example:{receiver.port}/")
        await webhooks.check(destination.destination)
        outcome = await webhooks.send(destination)

    assert (outcome.result, receiver.got) == (Result.FAILED, [])


async def test_a_name_is_looked_up_once_for_each_attempt_and_the_second_address_is_tried_when_the_first_is_dead() -> (
    None
):
    asked: list[str] = []

    async def two(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.9", HOST]

    both = [ipaddress.ip_network("127.0.0.0/8")]
    with receiving() as receiver:
        outcome = await Webhooks(Guard(both, two), 5, TLS).send(message(f"http://two.example:{receiver.port}/"))

    assert (outcome.result, asked, len(receiver.got)) == (Result.TAKEN, ["two.example"], 1)


async def test_tls_greets_the_receiver_by_its_name_at_the_address_that_was_checked() -> None:
    greeting = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        greeting.set_result(await reader.read(4096))

    outcome = await _against(listen, scheme="https")

    assert outcome.result is Result.FAILED
    assert b"hook.example" in await greeting


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _against(serve: Serve, *, scheme: str = "http", seconds: float = 5.0) -> Outcome:
    """Send to a server that speaks the given way, by the name hook.example."""
    serving: set[asyncio.Task[None]] = set()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(served(reader, writer)))

    server = await asyncio.start_server(accept, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    try:
        return await channel(seconds=seconds).send(message(f"{scheme}://hook.example:{port}/"))
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await server.wait_closed()
