"""Reading dead letters."""

from dataclasses import dataclass
from datetime import datetime

from backbone.listing import Rows
from backbone.mongo import Document
from backbone.problems import NotFound
from services.gateway.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Resubmission:
    """When and by whom a dead letter was sent in again, and under which event id."""

    at: datetime
    by: str
    event_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record that was refused, as it came, and why.

    `type` is what it says of itself, where that can be read; `at` is when it was
    written to its topic; `refused_by` is the service that could not use it.
    """

    id: str
    topic: str
    partition: int
    offset: int
    at: datetime
    refused_by: str
    type: str | None
    reason: str
    field: str | None
    detail: str
    value: bytes
    headers: list[tuple[str, bytes | None]]
    cut: bool
    resubmitted: Resubmission | None

    @property
    def text(self) -> str:
        """The original as text; bytes that are no UTF-8 are shown as replacement characters."""
        return self.value.decode("utf-8", "replace")


async def dead_letter(store: Store, id_: str) -> DeadLetter:
    """One dead letter.

    Raises:
        NotFound: there is none of this id.
    """
    found = await store.dead_letters.find_one({"_id": id_})
    if found is None:
        raise NotFound("dead letter", id_)
    return _read(found)


def dead_letters(store: Store, *, waiting: bool) -> Rows[DeadLetter]:
    """Every dead letter, or only those that were not sent in again."""
    return Rows(store.dead_letters, {"resubmitted": {"$exists": False}} if waiting else {}, _read)


def _read(document: Document) -> DeadLetter:
    mark = document.get("resubmitted")
    fields = {name: document[name] for name in _PLAIN}
    return DeadLetter(
        **fields,
        id=document["_id"],
        value=bytes(document["value"]),
        headers=[(name, None if content is None else bytes(content)) for name, content in document["headers"]],
        resubmitted=None if mark is None else Resubmission(**mark),
    )


_PLAIN = ("topic", "partition", "offset", "at", "refused_by", "type", "reason", "field", "detail", "cut")
