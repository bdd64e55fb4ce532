"""What a channel is: the way a message leaves the house. Webhooks are one; mail and robots are others."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

ANSWER_BYTES: Final = 1024
"""This much of an answer is kept in the delivery log."""


class Kind(StrEnum):
    """The channels there are."""

    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a subscription's messages go: a webhook's URL."""

    kind: Kind
    url: str


@dataclass(frozen=True, slots=True)
class Message:
    """One attempt to send one message.

    `id` is the same for every attempt, so that the receiver knows a repeat; `body` is the CloudEvent as
    structured JSON; `at` is when this attempt is made, UTC; `secrets` are those to sign with, newest first.
    """

    id: str
    destination: Destination
    body: bytes
    at: datetime
    secrets: tuple[str, ...]


class Result(StrEnum):
    """What came of an attempt: taken; not taken, try again; or nobody will ever take it there."""

    TAKEN = "taken"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a channel says of an attempt.

    `status` is the receiver's own code if it answered, `answer` the first `ANSWER_BYTES` of what it said,
    `error` a sentence when there was no answer.
    """

    result: Result
    milliseconds: int
    status: int | None = None
    answer: str = ""
    error: str | None = None
    retry_after: timedelta | None = None


class Channel(Protocol):
    """A way for messages to leave."""

    async def check(self, destination: Destination) -> None:
        """Make sure that messages may go there.

        Raises:
            Refused: they may not, or the place cannot be found.
        """

    async def send(self, message: Message) -> Outcome:
        """Make one attempt; whatever goes wrong is an outcome, never an exception."""
