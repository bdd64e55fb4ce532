"""Delivering events to the gateway in batches, again and again until it has answered.

Sending a batch twice is safe, for the gateway knows the ids: so a lost
connection, a quota or a restart on the other side is a pause and nothing else.
"""

import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from random import uniform
from typing import Any, Final, Protocol

import httpx

from drumbeat.client import Platform, problem_text
from drumbeat.output import Trouble

BATCH_EVENTS: Final = 1_000
BATCH_CONTENT: Final = "application/cloudevents-batch+json"
LANES: Final = 2
"""Batches on their way at once. Every key keeps to one lane, so each aggregate's events stay in order."""

FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0
PATIENCE_SECONDS: Final = 300.0
"""How long one batch is tried before the import gives up; what was answered until then is in."""

TRY_AGAIN: Final = frozenset({429, 500, 502, 503, 504})


class Sendable(Protocol):
    """An event with the line it stands on."""

    @property
    def line(self) -> int:
        """Of its file, from 1."""

    @property
    def body(self) -> bytes:
        """The event as structured JSON."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that the gateway refused, by the line it came from."""

    line: int
    field: str | None
    reason: str
    detail: str


@dataclass
class Receipt:
    """What became of what was sent."""

    accepted: int = 0
    duplicate: int = 0
    rejected: list[Refusal] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """Events the gateway has answered."""
        return self.accepted + self.duplicate + len(self.rejected)

    def note(self, batch: Sequence[Sendable], answers: Sequence[dict[str, Any]]) -> None:
        """Take in the answer for one batch."""
        for event, answer in zip(batch, answers, strict=True):
            if answer["status"] == "accepted":
                self.accepted += 1
            elif answer["status"] == "duplicate":
                self.duplicate += 1
            else:
                self.rejected.append(
                    Refusal(event.line, answer.get("field"), answer["reason"], answer.get("detail") or "")
                )


class Sender:
    """Sends batches to one platform.

    Args:
        platform: where to.
        on_answer: told how many events were just answered.
        patience_seconds: how long one batch is tried.
    """

    def __init__(
        self,
        platform: Platform,
        on_answer: Callable[[int], None] = lambda _: None,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.receipt = Receipt()
        self._platform = platform
        self._on_answer = on_answer
        self._patience_seconds = patience_seconds
        self._noting = threading.Lock()
        self._stopping = threading.Event()

    def send(self, events: Sequence[Sendable], key: Callable[[Any], str]) -> None:
        """Send events; those of one key stay in their order.

        Raises:
            Trouble: the platform refuses the request itself, or does not answer for too long.
        """
        lanes: list[list[Sendable]] = [[] for _ in range(LANES)]
        for event in events:
            lanes[zlib.crc32(key(event).encode()) % LANES].append(event)
        with ThreadPoolExecutor(LANES) as threads:
            running = [threads.submit(self._send_lane, lane) for lane in lanes]
            try:
                for one in running:
                    one.result()
            except BaseException:
                self._stopping.set()
                raise

    def _send_lane(self, lane: Sequence[Sendable]) -> None:
        for batch in in_batches(iter(lane)):
            if self._stopping.is_set():
                return
            self.send_batch(batch)

    def send_batch(self, batch: Sequence[Sendable]) -> None:
        """Send one batch and note the answer.

        Raises:
            Trouble: see `send`.
        """
        body = b"[" + b",".join(event.body for event in batch) + b"]"
        pause = FIRST_PAUSE_SECONDS
        deadline = time.monotonic() + self._patience_seconds
        while True:
            answer = self._post(body)
            if isinstance(answer, httpx.Response) and answer.status_code not in TRY_AGAIN:
                break
            wait = max(_asked_pause(answer), uniform(pause / 2, pause))
            if time.monotonic() + wait > deadline:
                raise Trouble(
                    f"{self._platform.url} has not taken a batch for {self._patience_seconds:g} s "
                    f"({_told(answer)}); {self.receipt.sent:,} events are in: run the same again later, "
                    "nothing is counted twice"
                )
            if self._stopping.wait(wait):
                return
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        if answer.is_error:
            raise Trouble(problem_text(answer))
        with self._noting:
            self.receipt.note(batch, answer.json()["events"])
        self._on_answer(len(batch))

    def _post(self, body: bytes) -> httpx.Response | httpx.TransportError:
        try:
            return self._platform.http.post("/events", content=body, headers={"content-type": BATCH_CONTENT})
        except httpx.TransportError as lost:
            return lost


def in_batches(events: Iterator[Any], size: int = BATCH_EVENTS) -> Iterator[list[Any]]:
    """The events in lists of at most `size`."""
    while batch := list(islice(events, size)):
        yield batch


def _asked_pause(answer: httpx.Response | httpx.TransportError) -> float:
    if isinstance(answer, httpx.Response):
        asked = answer.headers.get("retry-after", "")
        return float(asked) if asked.isdigit() else 0.0
    return 0.0


def _told(answer: httpx.Response | httpx.TransportError) -> str:
    return problem_text(answer) if isinstance(answer, httpx.Response) else str(answer) or type(answer).__name__
