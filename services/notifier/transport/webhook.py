"""Webhooks: a signed POST of the CloudEvent, by Standard Webhooks 1.0."""

import asyncio
import ssl
import time
from dataclasses import dataclass, field
from typing import Final

import httpx

from backbone.contract.codec import CONTENT_TYPE
from backbone.problems import Refused
from services.notifier.domain.channel import ANSWER_BYTES, Destination, Message, Outcome, Result
from services.notifier.domain.guard.addresses import Address
from services.notifier.domain.guard.urls import Target, read_url
from services.notifier.domain.retry import read_retry_after
from services.notifier.domain.signature import signed_headers
from services.notifier.transport.resolver import Guard

USER_AGENT: Final = "Drumbeat-Notifier/1"
GONE: Final = 410


@dataclass(frozen=True)
class Webhooks:
    """The webhook channel (see `domain.channel.Channel`).

    Args:
        guard: says which addresses may be called.
        timeout_seconds: from the look-up of the name to the answer's status.
        tls: what certificates are trusted.
    """

    guard: Guard
    timeout_seconds: float
    tls: ssl.SSLContext = field(default_factory=lambda: httpx.create_ssl_context(trust_env=False))

    async def check(self, destination: Destination) -> None:
        """Make sure that the URL may be called as things stand.

        Raises:
            Refused: it may not, or its host is not known.
        """
        await self.guard.addresses(read_url(destination.url))

    async def send(self, message: Message) -> Outcome:
        """Make one attempt. Redirects are answers like any other: followed, they would lead around the guard."""
        began = time.perf_counter()

        def outcome(result: Result, **told: object) -> Outcome:
            milliseconds = round((time.perf_counter() - began) * 1000)
            return Outcome(result, milliseconds, **told)  # type: ignore[arg-type] # the fields of Outcome

        try:
            async with asyncio.timeout(self.timeout_seconds) as deadline:
                response, answer = await self._post(message, deadline)
        except Refused as refused:
            return outcome(Result.FAILED, error=refused.detail)
        except TimeoutError:
            return outcome(Result.FAILED, error=f"No answer within {self.timeout_seconds:g} s.")
        except (httpx.HTTPError, OSError, ValueError) as trouble:
            return outcome(Result.FAILED, error=f"{type(trouble).__name__}: {trouble}".rstrip(": ")[:ANSWER_BYTES])
        result = Result.TAKEN if response.is_success else Result.FAILED
        if response.status_code == GONE:
            result = Result.GONE
        return outcome(
            result,
            status=response.status_code,
            answer=answer.decode("utf-8", "replace"),
            retry_after=read_retry_after(response.headers.get("retry-after"), message.at),
        )

    async def _post(self, message: Message, deadline: asyncio.Timeout) -> tuple[httpx.Response, bytes]:
        target = read_url(message.destination.url)
        addresses = await self.guard.addresses(target)
        for place, address in enumerate(addresses, start=1):
            try:
                return await self._post_to(address, target, message, deadline)
            except httpx.ConnectError:
                if place == len(addresses):
                    raise
        raise AssertionError("the guard gives at least one address")

    async def _post_to(
        self, address: Address, target: Target, message: Message, deadline: asyncio.Timeout
    ) -> tuple[httpx.Response, bytes]:
        # Connected to the address that was checked: a name looked up again could say something else by now.
        # The certificate is still checked for the name. A client of its own for every message, because a
        # kept connection is known by its address only and could belong to another name.
        url = httpx.URL(scheme=target.scheme, host=str(address), port=target.port, raw_path=target.path.encode())
        headers = {
            "host": target.authority,
            "content-type": CONTENT_TYPE,
            "user-agent": USER_AGENT,
            "accept-encoding": "identity",
            "connection": "close",
            **signed_headers(message.id, message.at, message.body, message.secrets),
        }
        async with (
            httpx.AsyncClient(
                verify=self.tls, trust_env=False, follow_redirects=False, timeout=self.timeout_seconds
            ) as client,
            client.stream(
                "POST", url, content=message.body, headers=headers, extensions={"sni_hostname": target.host}
            ) as response,
        ):
            # The status has come and decides: an answer that trickles must not turn it into a failure.
            deadline.reschedule(asyncio.get_running_loop().time() + self.timeout_seconds / 2)
            return response, await _start_of(response, self.timeout_seconds / 4)


async def _start_of(response: httpx.Response, seconds: float) -> bytes:
    """The first bytes of an answer, however long it is, as far as they come in time."""
    answer = b""
    try:
        async with asyncio.timeout(seconds):
            async for piece in response.aiter_raw():
                answer += piece
                if len(answer) >= ANSWER_BYTES:
                    break
    except (httpx.HTTPError, TimeoutError):
        pass  # it is shown as far as it came
    return answer[:ANSWER_BYTES]
