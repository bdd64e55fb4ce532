"""A deal: its way through a pipeline until it is won or lost, and the money that came of it.

    open --win--> won, open --lose--> lost, won or lost --reopen--> open

What happened to a deal is told in the order it happened: nothing lies before the
latest change. Whoever reports hours late reports in order, or leaves the time out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal

from backbone.contract import deals as contract
from backbone.contract.deals import DealOpened, Direction
from backbone.contract.envelope import EventData
from backbone.moments import check_happened, check_not_before
from backbone.money import split
from backbone.problems import Refused
from services.customers.domain.pipeline import Pipeline

State = Literal["open", "won", "lost"]
Turn = Literal["opened", "forward", "skip", "back", "mapped", "won", "lost", "reopened"]
QuoteState = Literal["draft", "sent", "accepted", "refused", "expired", "replaced"]
ContractState = Literal["drafted", "submitted", "approved", "signed", "cancelled"]

MOST_STEPS: Final = 200
"""Steps of a deal's way that are kept; the log has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product of a deal; `amount` is the whole line's, in minor units of the deal's currency."""

    product_id: str
    quantity: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What part of a deal a member is credited with, above 0 and at most 1."""

    member_id: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Credited:
    """What a credit comes to, in minor units of the deal's currency."""

    member_id: str
    share: float
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Competitor:
    """Who else wants the order, as a code, and what we know of his offer (it stays in this service)."""

    competitor: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a deal's way: when, what kind, from where to where, who, why; a stage or the outcome."""

    at: datetime
    turn: Turn
    from_stage: str | None = None
    to_stage: str
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came in, in minor units of the deal's currency."""

    payment_id: str
    amount: int
    received_on: date
    due_on: date | None = None
    contract_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One version of a quote (`revision` from 1); `amount` in minor units of the deal's currency."""

    quote_id: str
    revision: int = 1
    state: QuoteState = "draft"
    amount: int
    lines: tuple[Line, ...] = ()
    valid_until_on: date | None = None
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One payment a contract plans: `told` once it fell due, and the log knows."""

    payment_id: str
    due_on: date
    amount: int
    told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A contract of a deal; `number` is unique in the organisation, amounts are in the deal's currency."""

    contract_id: str
    number: str
    state: ContractState = "drafted"
    amount: int
    quote_id: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    plan: tuple[Instalment, ...] = ()
    drafted_by: str
    submitted_by: str | None = None
    decided_by: str | None = None
    signed_on: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A deal as it stands.

    `amount` is in minor units; `amount_stated` tells that it was given, not summed up from the lines.
    `stage_since` is when it came to its stage. `wake_on` is the next day something happens by itself
    (a quote expires, an instalment falls due); `owed_since` the day the oldest unpaid instalment was
    due. `came_from` are the merged customers it was with, the latest last; `customers_before` those an outside system
    had told it was with. `history` is its way, the latest step last.
    """

    deal_id: str
    name: str | None = None
    owner_id: str | None
    team_id: str | None
    group_ids: tuple[str, ...] = ()
    customer_id: str | None = None
    lead_id: str | None = None
    came_from: tuple[str, ...] = ()
    customers_before: tuple[str, ...] = ()
    pipeline: str
    stage: str
    stage_since: datetime
    state: State = "open"
    amount: int
    amount_stated: bool = True
    currency: str
    probability: float
    expected_close_on: date | None = None
    product_ids: tuple[str, ...] = ()
    opened_at: datetime
    changed_at: datetime
    recorded_at: datetime
    decided_at: datetime | None = None
    reason: str | None = None
    lost_to: str | None = None
    lines: tuple[Line, ...] = ()
    credits: tuple[Credit, ...] = ()
    competitors: tuple[Competitor, ...] = ()
    quotes: tuple[Quote, ...] = ()
    contracts: tuple[Contract, ...] = ()
    payments: tuple[Payment, ...] = ()
    wake_on: date | None = None
    owed_since: date | None = None
    history: tuple[Step, ...] = ()

    @property
    def credited(self) -> tuple["Credited", ...]:
        """Who is credited with what of the amount, to the last minor unit; the owner alone where nothing was agreed."""
        shares = self.credits or (() if self.owner_id is None else (Credit(member_id=self.owner_id, share=1.0),))
        amounts = split(self.amount, [credit.share for credit in shares]) if shares else []
        return tuple(
            Credited(member_id=credit.member_id, share=credit.share, amount=amount)
            for credit, amount in zip(shares, amounts, strict=True)
        )


Decided = tuple[Deal, list[EventData]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who moves a deal, and what his step depends on beside the deal.

    Args:
        by: the actor, as events name him.
        decides: whether he is a manager or an admin.
        contact_known: whether we know a person at the customer's.
    """

    by: str
    decides: bool = False
    contact_known: bool = False


def open_deal(deal: Deal, now: datetime, *, by: str | None = None) -> Decided:
    """Let a deal enter a pipeline.

    Raises:
        Refused: it is with nobody, lies in the future, or its credits do not add up.
    """
    if deal.customer_id is None and deal.lead_id is None:
        raise Refused("no-counterpart", "Name the customer_id, or the lead_id while it is no customer yet.")
    check_happened(deal.opened_at, now, field="/opened_at")
    check_credits(deal.credits)
    first = Step(at=deal.opened_at, turn="opened", to_stage=deal.stage, by=by or deal.owner_id or "")
    return replace(deal, history=(first,)), [
        DealOpened(
            **whose(deal),
            lead_id=deal.lead_id,
            pipeline=deal.pipeline,
            stage=deal.stage,
            amount=deal.amount,
            currency=deal.currency,
            probability=deal.probability,
            expected_close_on=deal.expected_close_on,
            product_ids=deal.product_ids,
        )
    ]


def whose(deal: Deal) -> dict[str, Any]:
    """What every event of the deal carries."""
    return {
        "deal_id": deal.deal_id,
        "customer_id": deal.customer_id,
        "owner_id": deal.owner_id,
        "team_id": deal.team_id,
    }


def worth(deal: Deal) -> dict[str, Any]:
    """Where the deal stands and what it is worth, as events tell it."""
    return {"pipeline": deal.pipeline, "stage": deal.stage, "amount": deal.amount, "currency": deal.currency}


def told_lines(lines: Sequence[Line]) -> tuple[contract.Line, ...]:
    """Lines as events tell them."""
    return tuple(contract.Line(product_id=one.product_id, quantity=one.quantity, amount=one.amount) for one in lines)


def told_credits(shares: Sequence[Credit]) -> tuple[contract.Credit, ...]:
    """Credits as events tell them."""
    return tuple(contract.Credit(member_id=one.member_id, share=one.share) for one in shares)


def stepped(deal: Deal, step: Step) -> tuple[Step, ...]:
    """The deal's way with one step more; of a very long one the opening and the latest steps are kept."""
    way = (*deal.history, step)
    return way if len(way) <= MOST_STEPS else (way[0], *way[1 - MOST_STEPS :])


def direction_of(pipeline: Pipeline, from_stage: str, to_stage: str) -> Direction:
    """Which way a move goes.

    Raises:
        Refused: the pipeline has no such stage.
    """
    if pipeline.place_of(to_stage, field="/to_stage") < pipeline.place_of(pipeline.present(from_stage)):
        return "back"
    return "skip" if pipeline.passed_by(from_stage, to_stage) else "forward"


def check_open(deal: Deal) -> None:
    """Refuse a change of a deal that is won or lost.

    Raises:
        Refused: it is.
    """
    if deal.state != "open":
        raise Refused("not-open", f"This deal is {deal.state}; reopen it first.")


def check_order(deal: Deal, at: datetime, now: datetime) -> None:
    """Refuse what lies before the latest change of a deal, or in the future.

    Raises:
        Refused: it does.
    """
    check_happened(at, now)
    check_not_before(at, deal.changed_at, "the deal's latest change")


def check_credits(shares: Sequence[Credit]) -> None:
    """Refuse credits whose shares do not add up to 1, or that name a member twice; none at all are good.

    Raises:
        Refused: they are no good.
    """
    if not shares:
        return
    if abs(sum(credit.share for credit in shares) - 1) > SHARE_TOLERANCE:
        raise Refused("bad-shares", "The shares must add up to 1.", field="/credits")
    if len({credit.member_id for credit in shares}) < len(shares):
        raise Refused("member-twice", "Name a member once.", field="/credits")


SHARE_TOLERANCE: Final = 1e-6
