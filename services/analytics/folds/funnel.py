"""Deals on their way through a pipeline: who stands where, who has been where, and what was won.

Rules:

- A deal has entered every stage that an event says it stands or stood in, and
  is counted there once, on the day and for the team of the first such event.
- An open deal stands in one stage with its amount; a move takes it from the
  one and puts it into the other on the day of the move. A deal that was won or
  lost stands nowhere until it is reopened.
- The first event of a deal opens it, whatever its type.
- An event whose sequence is lower than one already folded comes late: it tells
  which stages were entered, and changes nothing else (`superseded`). Without
  sequences the order of the log is the order.
- A decided deal keeps its decision, its amount and its credits until it is
  reopened; a second decision changes nothing (`decided`).
- A reopened deal takes its win or loss back on the very day, team and members
  it was counted for.
"""

from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec

from services.analytics.domain.deals import Deal, Ending
from services.analytics.domain.shares import split
from services.analytics.folds.decisions import Credit, Decision, Step, filed, taken_back
from services.analytics.readers import Entry

DEALS_WON: Final = "deals-won"
WON_AMOUNT: Final = "won-amount"

Outcome = Literal["won", "lost"]


class Seen(msgspec.Struct, frozen=True):
    """What every event of a deal tells, whatever its type."""

    pipeline: str
    stage: str
    stages: tuple[str, ...]
    team: str | None
    amount: int
    currency: str
    occurred: int
    on: int | None
    sequence: int | None


def fold_deal(kind: str, entry: Entry, deal: Deal | None, *, on: int | None, currency: str) -> Decision:
    """Fold one event of a deal.

    Args:
        kind: the type of the event: deal-opened, stage-changed, deal-revised, deal-won, deal-lost or deal-reopened.
        entry: the event.
        deal: the deal before it; None = never heard of.
        on: the event's day; None = undated.
        currency: the organisation's.
    """
    data = entry.event.data
    seen = _seen(kind, entry, on)
    if deal is not None and _is_late(deal, seen):
        after = _having_entered(deal, seen)
        return _decided(deal, after, seen, data.owner_id, currency, left_out=("superseded", _metric(kind)))
    before = deal or _unopened(seen)
    moved = _having_entered(before, seen)
    after, left_out = _STEPS[kind](moved, seen, data, currency)
    after = msgspec.structs.replace(after, sequence=seen.sequence if seen.sequence is not None else before.sequence)
    return _decided(deal, after, seen, data.owner_id, currency, left_out=left_out)


def _seen(kind: str, entry: Entry, on: int | None) -> Seen:
    data = entry.event.data
    stage = data.to_stage if kind == "stage-changed" else data.stage
    stages = (data.from_stage, data.to_stage) if kind == "stage-changed" else (data.stage,)
    return Seen(
        data.pipeline,
        stage,
        stages,
        data.team_id,
        data.amount,
        data.currency,
        entry.occurred,
        on,
        entry.event.sequence,
    )
