"""Deals on their way through a pipeline: who stands where, who has been where, and what was won.

Rules:

- A deal has entered every stage that an event says it stands or stood in, and
  is counted there once, on the day and for the team of the first such event.
- An open deal stands in one stage with its amount; a move takes it from the
  one and puts it into the other on the day of the move. A deal that was won or
  lost stands nowhere until it is reopened.
- The first event of a deal opens it, whatever its type, and says in which pipeline it is for good.
- The story of a deal is told by the sequences, in whatever order its events come; without
  sequences the order of the log is the order. So an event that comes late takes its place: a move
  before a later one tells which stages were entered and changes nothing else (`superseded`), a
  decision that nothing reopened later counts.
- A deal is decided by the first decision after its last reopening; what decides it once more
  changes nothing (`decided`). It keeps its amount and its credits until it is reopened.
- A reopened deal takes its win or loss back on the very day, team and members
  it was counted for.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from backbone.money import split
from services.analytics.domain.credits import Credit
from services.analytics.domain.deals import Deal, Ending, Status, Verdict
from services.analytics.domain.entries import Entry
from services.analytics.folds.decisions import Decision, Step, filed, taken_back

DEALS_WON: Final = "deals-won"
WON_AMOUNT: Final = "won-amount"
AMOUNT: Final = "amount"

NEVER: Final = -1
"""The place in a story before every other."""

DECIDING: Final[dict[str, Status]] = {"deal-won": "won", "deal-lost": "lost"}
REOPENING: Final = "deal-reopened"
MOVES: Final = frozenset({"deal-opened", "stage-changed", "deal-revised", "deal-owner-changed", REOPENING, *DECIDING})
"""The types of events that tell of a deal's way."""

Counter = tuple[str, str | None, int | None, str]
"""Pipeline, team, day and path."""


class Seen(msgspec.Struct, frozen=True):
    """What an event of a deal tells of where it stands, whatever its type."""

    stages: tuple[str, ...]
    occurred: int
    on: int | None
    data: Any

    @property
    def stage(self) -> str:
        """Where the deal stands or stood by this event."""
        return self.stages[-1]


def fold_deal(kind: str, entry: Entry, deal: Deal | None, on: int | None, currency: str) -> tuple[Decision, Deal]:
    """Fold one event of a deal.

    Args:
        kind: the type of the event, one of MOVES.
        entry: the event.
        deal: the deal before it; None = never heard of.
        on: the event's day; None = undated.
        currency: the organisation's, in which amounts are summed; others are kept apart.

    Returns:
        What it counts, and the deal after it.
    """
    data, sequence = entry.event.data, entry.event.sequence
    stages = (data.from_stage, data.to_stage) if kind == "stage-changed" else (data.stage,)
    seen = Seen(stages, entry.occurred, on, data)
    before = _unopened(seen) if deal is None else _with_verdicts(deal)
    highest = before.sequence if before.sequence is not None else NEVER
    place = highest if sequence is None else sequence
    entered = _having_entered(before, seen)
    after = _decided(_told(kind, entered, seen, place, currency))
    if sequence is not None:
        after = msgspec.structs.replace(after, sequence=max(sequence, highest))
    decision = filed(_moved(before, after), occurred=entry.occurred, member=data.owner_id, team=data.team_id, on=on)
    decision.steps = _steps(deal, before, after, seen, currency)
    decision.left_out = _left_out(kind, before, after, place, late=place < highest)
    return decision, after


def _unopened(seen: Seen) -> Deal:
    data = seen.data
    return Deal(data.pipeline, seen.stages[0], "open", data.team_id, data.amount, data.currency, None, {}, placed=NEVER)


def _told(kind: str, deal: Deal, seen: Seen, place: int, currency: str) -> Deal:
    """The deal with what the event tells, at its place in the story; what that makes of it is not decided yet."""
    reopened = NEVER if deal.reopened is None else deal.reopened
    if kind in DECIDING:
        if place < reopened:
            return deal
        verdict = _verdict(DECIDING[kind], seen, place, deal.pipeline, currency)
        return msgspec.structs.replace(deal, verdicts=(*deal.verdicts, verdict))
    if kind == REOPENING and place >= reopened:
        since = tuple(one for one in deal.verdicts if one.sequence > place)
        deal = msgspec.structs.replace(deal, reopened=place, verdicts=since)
    return _placed(deal, seen, place) if place >= _place_of(deal) else deal


def _verdict(status: Status, seen: Seen, place: int, pipeline: str, currency: str) -> Verdict:
    data = seen.data
    ending = Ending(pipeline, data.team_id, seen.on, data.amount, data.currency)
    return Verdict(place, status, ending, _won_by(data, seen.occurred, seen.on, currency) if status == "won" else ())


def _with_verdicts(deal: Deal) -> Deal:
    """A deal as it is stored; one of before verdicts were kept has the one that its ending tells of."""
    if deal.ending is None or deal.verdicts:
        return deal
    verdict = Verdict(_place_of(deal), deal.status, deal.ending, deal.credits)
    return msgspec.structs.replace(deal, verdicts=(verdict,))


def _decided(deal: Deal) -> Deal:
    """The deal as its verdicts make it: the first in the story holds."""
    if not deal.verdicts:
        return msgspec.structs.replace(deal, status="open", ending=None, credits=())
    first = min(deal.verdicts, key=lambda one: one.sequence)
    return msgspec.structs.replace(deal, status=first.status, ending=first.ending, credits=first.credits)


def _left_out(kind: str, before: Deal, after: Deal, place: int, *, late: bool) -> str | None:
    """Why the event does not count; None = it does."""
    if kind in DECIDING:
        if after.verdicts == before.verdicts:
            return "superseded"
        holds = min(after.verdicts, key=lambda one: one.sequence) is after.verdicts[-1]
        return None if holds else "decided"
    if kind == REOPENING and place == after.reopened and before.reopened != after.reopened:
        return None
    return "superseded" if late and (after.status != "open" or after.placed != place) else None


def _place_of(deal: Deal) -> int:
    if deal.placed is not None:
        return deal.placed
    return NEVER if deal.sequence is None else deal.sequence


def _having_entered(deal: Deal, seen: Seen) -> Deal:
    new = {stage: seen.occurred for stage in seen.stages if stage not in deal.entered}
    return msgspec.structs.replace(deal, entered={**deal.entered, **new}) if new else deal


def _placed(deal: Deal, seen: Seen, place: int) -> Deal:
    """It stands where the event says, for the amount and the team it says."""
    data = seen.data
    return msgspec.structs.replace(
        deal, stage=seen.stage, team=data.team_id, amount=data.amount, currency=data.currency, placed=place
    )


def _won_by(data: Any, at: int, on: int | None, currency: str) -> tuple[Credit, ...]:
    """The figures of a win: everyone with a share has won a deal; the amount is split so that whole units add up."""
    members: list[str | None] = [credit.member_id for credit in data.credits] or [data.owner_id]
    shares = [credit.share for credit in data.credits] or [1.0]
    metric = money_metric(data.currency, currency)
    return tuple(
        Credit(name, amount, member, data.team_id, on, at)
        for member, part in zip(members, split(data.amount, shares), strict=True)
        for name, amount in ((DEALS_WON, 1), (metric, part))
        if amount
    )


def money_metric(currency: str, organisation: str, name: str = WON_AMOUNT) -> str:
    """The figure an amount goes to: one of another currency than the organisation's is kept apart."""
    return name if currency == organisation else f"{name}-{currency.lower()}"


def _moved(before: Deal, after: Deal) -> tuple[Credit, ...]:
    if before.credits == after.credits:
        return ()
    return (*taken_back(before.credits), *after.credits)


def _steps(deal: Deal | None, before: Deal, after: Deal, seen: Seen, currency: str) -> tuple[Step, ...]:
    """The counters that differ between the deal before (None = there was none) and after."""
    moved: dict[Counter, int] = {}
    for stage in (stage for stage in after.entered if stage not in before.entered):
        moved[after.pipeline, seen.data.team_id, seen.on, f"stages.{stage}.entered"] = 1
    if deal is not None:
        _add(moved, _standing(before, seen.on, currency), -1)
        _add(moved, _ended(before, currency), -1)
    _add(moved, _standing(after, seen.on, currency), 1)
    _add(moved, _ended(after, currency), 1)
    return tuple(Step(*place, amount) for place, amount in moved.items() if amount)


def _standing(deal: Deal, on: int | None, currency: str) -> Iterator[tuple[Counter, int]]:
    if deal.status == "open":
        path = f"stages.{deal.stage}"
        yield (deal.pipeline, deal.team, on, f"{path}.standing"), 1
        yield (deal.pipeline, deal.team, on, f"{path}.{money_metric(deal.currency, currency, AMOUNT)}"), deal.amount


def _ended(deal: Deal, currency: str) -> Iterator[tuple[Counter, int]]:
    end = deal.ending
    if end is not None:
        yield (end.pipeline, end.team, end.on, f"{deal.status}.count"), 1
        yield (
            (end.pipeline, end.team, end.on, f"{deal.status}.{money_metric(end.currency, currency, AMOUNT)}"),
            end.amount,
        )


def _add(moved: dict[Counter, int], counters: Iterator[tuple[Counter, int]], sign: int) -> None:
    for place, amount in counters:
        moved[place] = moved.get(place, 0) + sign * amount
