"""Reading dead letters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backbone.mongo import Document
from backbone.paging import page_of
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


async def dead_letter_page(
    store: Store, wanted: Mapping[str, Any], *, waiting: bool, cursor: str | None, limit: int
) -> tuple[list[DeadLetter], str | None]:
    """One page of dead letters, newest first, and the cursor of the next page.

    Args:
        store: where they are.
        wanted: values of fields such as `topic` and `reason`; None = any.
        waiting: only those that were not sent in again.
        cursor: of the page before.
        limit: most of one page.
    """
    conditions: Document = {name: value for name, value in wanted.items() if value is not None}
    if waiting:
        conditions["resubmitted"] = {"$exists": False}
    found, following = await page_of(store.dead_letters, conditions, cursor=cursor, limit=limit)
    return [_read(document) for document in found], following


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
