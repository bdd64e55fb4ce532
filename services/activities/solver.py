"""Runs the route solver in a process of its own.

The solver keeps Python's lock while it works, so in a thread it would hold up every other request for as
long. A child costs a third of a second, can be ended, and takes nobody with it when it dies.
"""

import asyncio
import sys
from typing import Final

import msgspec
import structlog

from services.activities.domain.route import Day

MOST_SECONDS: Final = 10.0
"""The solver itself stops after one second; the rest is for a machine that is busy."""

AT_ONCE: Final = 2
_room = asyncio.Semaphore(AT_ONCE)

log = structlog.get_logger(__name__)


async def solved_order(day: Day) -> tuple[str, ...] | None:
    """Ids of the stops to visit in the best order found; None when the solver could not be heard."""
    async with _room:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            __name__,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            told, trouble = await asyncio.wait_for(child.communicate(msgspec.json.encode(day)), MOST_SECONDS)
        except TimeoutError:
            log.warning("the route solver was too slow", stops=len(day.stops))
            return None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    if child.returncode != 0:
        log.error("the route solver failed", said=trouble.decode(errors="replace")[-500:])
        return None
    return msgspec.json.decode(told, type=tuple[str, ...])


def main() -> None:
    """What the child does: a day in, an order out."""
    from services.activities.domain.ordering import best_order

    day = msgspec.json.decode(sys.stdin.buffer.read(), type=Day)
    sys.stdout.buffer.write(msgspec.json.encode(best_order(day)))


if __name__ == "__main__":
    main()
