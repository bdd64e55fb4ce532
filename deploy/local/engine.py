"""What the stack must know of an engine, whoever supervises it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

POLL_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Engine:
    """A broker or a store: its command line, its port, and whether it really answers."""

    name: str
    port: int
    command: tuple[str, ...]
    answers: Callable[[], bool]


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask until the answer is yes or the time is up; returns the last answer."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
