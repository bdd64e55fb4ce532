"""Cutting services off at fail points (`backbone.failpoints`): armed by a file, killed once, started again."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from backbone.failpoints import VARIABLE
from backbone.testing import eventually
from tests.serving import Service

SECONDS: Final = 60.0


@dataclass(frozen=True)
class Armed:
    """The file that names the fail point; every service started while there is one looks at it."""

    file: Path

    def at(self, point: str) -> None:
        """Let whoever comes to this point next die there."""
        self.file.write_text(point)

    async def killed(self, *services: Service) -> Service:
        """The one of the services that has died of the fail point, once it has.

        Raises:
            AssertionError: none died in time, or one died of something else.
        """

        async def dead() -> list[Service]:
            return [service for service in services if service.died]

        [victim] = await eventually(dead, seconds=SECONDS)
        assert not self.file.exists(), f"{victim.name} died of something else:\n{victim.last_words()}"
        return victim

    async def killed_at(self, point: str, ask: Callable[[], Awaitable[object]], *services: Service) -> None:
        """Ask for something; return when the one that died at the point runs again."""
        self.at(point)
        with suppress(httpx.TransportError):  # it may die before it can answer
            await ask()
        await back_to_life(await self.killed(*services))


@contextmanager
def armed_in(folder: Path) -> Iterator[Armed]:
    """What is started in the block can be cut off."""
    armed = Armed(folder / "point")
    os.environ[VARIABLE] = f"@{armed.file}"
    try:
        yield armed
    finally:
        del os.environ[VARIABLE]


async def back_to_life(service: Service) -> None:
    """Start a service again."""
    service.launch()
    await asyncio.to_thread(service.wait)
