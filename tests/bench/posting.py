"""A load of POSTs over some connections, each with one request on its way; as little of its own cost as can be."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

CONNECTIONS: Final = 64
"""Enough that nobody waits for the client: with few of them it is how long an answer takes that is measured."""


@dataclass(frozen=True)
class Answered:
    """How many requests were answered with 201 in how many seconds."""

    requests: int
    seconds: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


async def post_for(
    seconds: float, url: str, headers: Mapping[str, str], body: Callable[[int], dict[str, Any]]
) -> Answered:
    """Post bodies as fast as they are answered.

    Args:
        seconds: how long.
        url: where to.
        headers: of each request.
        body: the body of each request, by its number.

    Raises:
        AssertionError: one was answered with another status than 201.
    """
    parts = urlsplit(url)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    began = time.perf_counter()
    numbers = iter(range(1_000_000_000))
    done = 0

    async def connection() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while time.perf_counter() - began < seconds:
            text = json.dumps(body(next(numbers))).encode()
            writer.write(
                f"POST {parts.path} HTTP/1.1\r\nhost: bench\r\n{head}content-type: application/json\r\n"
                f"content-length: {len(text)}\r\n\r\n".encode()
                + text
            )
            told = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(told.partition("content-length:")[2].partition("\r\n")[0])
            answer = await reader.readexactly(length)
            assert told.startswith("http/1.1 201"), f"{told}{answer.decode()}"
            done += 1
        writer.close()

    async with asyncio.TaskGroup() as connections:
        for _ in range(CONNECTIONS):
            connections.create_task(connection())
    return Answered(done, time.perf_counter() - began)
