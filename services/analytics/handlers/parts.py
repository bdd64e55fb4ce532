"""A partition's share of a round, and what it writes: documents of one partition are set whole."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
            last = part.fetched.last
            for name in part.rules.changed:
                known = part.books.whole[name]
                yield Step(name, known, last, wholes.deal_write(name, known, part.books.label, last))


def pipeline_writes(parts: Iterable[Part]) -> Iterator[Step]:
    """The pipelines that were laid down or revised."""
    for part in parts:
        if isinstance(part.rules, DealRules):
            last = part.fetched.last
            for name in part.rules.pipelines:
                known = part.books.whole[name]
                id_ = name.partition("|")[2]
                yield Step(name, known, last, wholes.pipeline_write(id_, known, part.books.label, last))


def clock_writes(parts: Iterable[Part], rows: Mapping[str, Sequence[Document]]) -> Iterator[Step]:
    """The clocks that moved, with the alerts of `alert_rows`."""
    for part in parts:
        if isinstance(part.rules, ComplaintRules):
            last = part.fetched.last
            for name in part.rules.changed:
                known = part.books.whole[name]
                alerts = rows.get(name, ())
                write = wholes.clock_write(name, known, FIRST_REPLY, part.books.label, last, alerts)
                yield Step(name, known, last, write)
