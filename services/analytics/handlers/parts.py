"""A partition's share of a round, and what it writes: documents of one partition are set whole."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from backbone.mongo import Document, UpdateOne
from services.analytics.domain.entries import Entry
from services.analytics.domain.sla import FIRST_REPLY
from services.analytics.folds.routing import ActivityRules, ComplaintRules, DealRules, Folded, Known
from services.analytics.handlers import notices
from services.analytics.ledger import sums, wholes
from services.analytics.ledger.books import Books
from services.analytics.readers import Refused


class Fetched(msgspec.Struct):
    """What one fetch brought of a partition, read.

    Args:
        label: topic of the catalogue and partition, such as `activities-3`.
        last: offset of the last record.
        entries: the events.
        refused: the records that are none.
    """

    label: str
    last: int
    entries: list[Entry]
    refused: list[Refused]


class Part(msgspec.Struct):
    """One partition's share of a round."""

    fetched: Fetched
    books: Books
    rules: ActivityRules | DealRules | ComplaintRules | None
    folded: Folded
    holding: list[Document] = msgspec.field(default_factory=list)
    added: sums.Sums = msgspec.field(default_factory=sums.Sums)
    standings: set[str] = msgspec.field(default_factory=set)


class Step(msgspec.Struct):
    """The write of a document that is set whole."""

    name: str
    known: Known
    last: int
    write: UpdateOne | Document


def alert_rows(parts: Iterable[Part], now: datetime) -> dict[str, list[Document]]:
    """By clock: its alerts as rows of an outbox."""
    rows: dict[str, list[Document]] = {}
    for part in parts:
        if isinstance(part.rules, ComplaintRules):
            for name, alerts in part.rules.alerts.items():
                clock = part.books.whole[name].state
                rows[name] = [notices.alert_row(alert, clock, FIRST_REPLY, now) for alert in alerts]
    return rows


def deal_writes(parts: Iterable[Part]) -> Iterator[Step]:
    """The deals that changed."""
    for part in parts:
        if isinstance(part.rules, DealRules):
            yield from _steps(part, part.rules.changed, wholes.deal_write)


def pipeline_writes(parts: Iterable[Part]) -> Iterator[Step]:
    """The pipelines that were laid down or revised."""

    def write(name: str, known: Known, label: str, last: int) -> UpdateOne | Document:
        return wholes.pipeline_write(name.partition("|")[2], known, label, last)

    for part in parts:
        if isinstance(part.rules, DealRules):
            yield from _steps(part, part.rules.pipelines, write)


def clock_writes(parts: Iterable[Part], rows: Mapping[str, Sequence[Document]]) -> Iterator[Step]:
    """The clocks that moved, with the alerts of `alert_rows`."""

    def write(name: str, known: Known, label: str, last: int) -> UpdateOne | Document:
        return wholes.clock_write(name, known, FIRST_REPLY, label, last, rows.get(name, ()))

    for part in parts:
        if isinstance(part.rules, ComplaintRules):
            yield from _steps(part, part.rules.changed, write)


def _steps(
    part: Part, names: Iterable[str], write: Callable[[str, Known, str, int], UpdateOne | Document]
) -> Iterator[Step]:
    last = part.fetched.last
    for name in names:
        known = part.books.whole[name]
        yield Step(name, known, last, write(name, known, part.books.label, last))
