"""How a start tells what it is doing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Report(Protocol):
    """Told of every step; the command line draws it, tests keep quiet."""

    def step(self, text: str) -> None:
        """A step begins."""

    def fetching(self, name: str, total_bytes: int) -> AbstractContextManager[Callable[[int], None]]:
        """A file is being fetched; the function is called with the bytes that came."""


class Quiet:
    """Tells nobody."""

    def step(self, text: str) -> None:
        """Say nothing."""

    @contextmanager
    def fetching(self, name: str, total_bytes: int) -> Iterator[Callable[[int], None]]:
        """Say nothing."""
        del name, total_bytes
        yield lambda _: None
