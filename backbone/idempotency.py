"""Who does something, and which attempt of his it is.

A client that got no answer sends the same request again with the same
`Idempotency-Key`. The key is kept inside the object it made or changed, in the
same write, so a retry can never act twice (IETF draft
`idempotency-key-header`).
"""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attempt:
    """An idempotency key and the fingerprint of the request it came with."""

    key: str
    print: str


class Rehearsed(Exception):
    """Nothing was in the way of making an object; it was not made, for that was not asked.

    `id` and `state` are what it would have been.
    """

    def __init__(self, id_: str, state: object) -> None:
        super().__init__(id_)
        self.id = id_
        self.state = state


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, in which request: what an event says of its origin.

    `actor` is a member id or `key:<key id>`, `request_id` groups all that one
    request caused, `cause` is the id of the event that caused this one,
    `on_behalf_of` is the member a deputy stands in for. With `rehearsal` the
    one write that would make an object is not done: `Rehearsed` says that
    everything before it went well.
    """

    actor: str
    request_id: str
    attempt: Attempt | None = None
    cause: str | None = None
    traceparent: str | None = None
    imported: str | None = None
    on_behalf_of: str | None = None
    rehearsal: bool = False

    @property
    def made_by(self) -> str:
        """What is unique among objects: this actor's idempotency key."""
        who = self.actor if self.on_behalf_of is None else f"{self.actor}>{self.on_behalf_of}"
        return f"{who}|{self.attempt.key if self.attempt else self.request_id}"


def fingerprint(method: str, path: str, body: bytes) -> str:
    """SHA-256 of what was asked, to tell a retry from a reused key."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).hexdigest()
