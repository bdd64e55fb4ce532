"""What outside systems tell of a deal: it becomes a deal here, or changes one.

They are believed, as the log has told it already: no rule of a pipeline holds them up. As in the
figures, what comes late (its sequence is lower than the deal's version) changes nothing, but for a
decision: an open deal that nobody reopened since is decided.
"""

from dataclasses import replace
from datetime import datetime

from backbone.contract import deals as contract
from backbone.contract.deals import (
    DealDecided,
    DealOpened,
    DealOwnerChanged,
    DealReopened,
    DealRevised,
    DealWon,
    StageChanged,
)
from backbone.contract.deals import DealLost as Lost
from backbone.contract.papers import ContractSigned, QuoteAnswered, QuoteSent
from backbone.problems import Refused
from services.customers.domain.deal import (
    Competitor,
    Contract,
    Credit,
    Deal,
    Line,
    Quote,
    Step,
    Turn,
    check_credits,
    stepped,
)
from services.customers.domain.plan import watched

Moved = DealOpened | StageChanged | DealRevised | DealOwnerChanged | DealDecided | DealReopened
"""What tells where a deal stands."""

Told = Moved | QuoteSent | QuoteAnswered | ContractSigned


def told_deal(deal: Deal | None, said: Told, at: datetime, now: datetime, *, late: bool, by: str) -> Deal:
    """The deal after what an outside system says of it.

    Args:
        deal: as it stands; None = nobody here heard of it.
        said: the event.
        at: when it happened.
        now: the present instant.
        late: whether something that comes after it is known already.
        by: who says so.

    Raises:
        Refused: it tells of a quote or a contract of a deal nobody heard of, or of credits that do not add up.
    """
    if isinstance(said, QuoteSent | QuoteAnswered | ContractSigned):
        if deal is None:
            raise Refused("unknown-deal", f"Nobody told of deal {said.deal_id!r} before.", field="/data/deal_id")
        return _with_paper(deal, said, at, by)
    if deal is None:
        return _moved(_begun(said, at, now, by), said, at, by)
    if not late:
        return _moved(deal, said, at, by)
    reopened = any(step.turn == "reopened" for step in deal.history)
    return _moved(deal, said, at, by) if isinstance(said, DealDecided) and not reopened else deal


def _begun(said: Moved, at: datetime, now: datetime, by: str) -> Deal:
    stage = said.from_stage if isinstance(said, StageChanged) else said.stage
    return Deal(
        deal_id=said.deal_id,
        owner_id=said.owner_id,
        team_id=said.team_id,
        customer_id=said.customer_id,
        lead_id=said.lead_id if isinstance(said, DealOpened) else None,
        pipeline=said.pipeline,
        stage=stage,
        stage_since=at,
        amount=said.amount,
        currency=said.currency,
        probability=0.0,
        product_ids=said.product_ids if isinstance(said, DealOpened) else (),
        opened_at=at,
        changed_at=at,
        recorded_at=now,
        history=(Step(at=at, turn="opened", to_stage=stage, by=by),),
    )


def _moved(deal: Deal, said: Moved, at: datetime, by: str) -> Deal:
    decided = deal.state != "open"
    if decided and isinstance(said, DealOwnerChanged):
        return replace(deal, owner_id=said.owner_id, team_id=said.team_id)
    if decided and not isinstance(said, DealReopened):
        # A decision holds until the deal is reopened.
        return deal
    stage = said.to_stage if isinstance(said, StageChanged) else said.stage
    turn = _turn(deal, said, stage)
    customer_id = said.customer_id or deal.customer_id
    former = (*deal.customers_before, deal.customer_id)
    before = sorted({one for one in former if one not in (None, customer_id)})
    placed = replace(
        deal,
        owner_id=said.owner_id,
        team_id=said.team_id,
        customer_id=customer_id,
        customers_before=tuple(before),
        stage=stage,
        stage_since=deal.stage_since if stage == deal.stage and not decided else at,
        amount=said.amount,
        amount_stated=True,
        currency=said.currency,
        changed_at=max(at, deal.changed_at),
    )
    if turn is not None:
        from_stage = deal.state if turn == "reopened" else deal.stage
        to_stage = turn if turn in ("won", "lost") else stage
        reason = None if isinstance(said, DealOpened) else said.reason
        step = Step(at=at, turn=turn, from_stage=from_stage, to_stage=to_stage, by=by, reason=reason)
        placed = replace(placed, history=stepped(placed, step))
    return _with_rest(placed, said, at)


def _turn(deal: Deal, said: Moved, stage: str) -> Turn | None:
    match said:
        case DealWon():
            return "won"
        case DealDecided():
            return "lost"
        case DealReopened():
            return "reopened"
        case StageChanged() if said.direction is not None:
            return said.direction
        case _:
            return "forward" if stage != deal.stage else None


def _with_rest(deal: Deal, said: Moved, at: datetime) -> Deal:
    """What only some types of events tell."""
    match said:
        case DealOpened() | StageChanged():
            return replace(
                deal,
                probability=deal.probability if said.probability is None else said.probability,
                expected_close_on=said.expected_close_on or deal.expected_close_on,
            )
        case DealRevised():
            return replace(
                deal,
                expected_close_on=said.expected_close_on or deal.expected_close_on,
                lines=deal.lines if said.lines is None else _lines(said.lines),
                credits=deal.credits if said.credits is None else _shared(said.credits),
                competitors=deal.competitors
                if said.competitors is None
                else tuple(Competitor(competitor=one) for one in said.competitors),
                group_ids=deal.group_ids if said.group_ids is None else said.group_ids,
            )
        case DealDecided():
            won = isinstance(said, DealWon)
            return replace(
                deal,
                state="won" if won else "lost",
                probability=1.0 if won else 0.0,
                decided_at=at,
                reason=said.reason,
                lost_to=said.lost_to if isinstance(said, Lost) else None,
                lines=_lines(said.lines) or deal.lines,
                credits=_credits(said.credits) or deal.credits,
            )
        case DealReopened():
            return replace(deal, state="open", decided_at=None, reason=None, lost_to=None)
        case _:
            return deal


def _lines(lines: tuple[contract.Line, ...]) -> tuple[Line, ...]:
    return tuple(Line(product_id=one.product_id, quantity=one.quantity, amount=one.amount) for one in lines)


def _shared(shares: tuple[contract.Credit, ...]) -> tuple[Credit, ...]:
    # What decides a deal is checked by the contract, a revision is not.
    check_credits(found := _credits(shares))
    return found


def _credits(shares: tuple[contract.Credit, ...]) -> tuple[Credit, ...]:
    return tuple(Credit(member_id=one.member_id, share=one.share) for one in shares)


def _with_paper(deal: Deal, said: QuoteSent | QuoteAnswered | ContractSigned, at: datetime, by: str) -> Deal:
    if isinstance(said, ContractSigned):
        return watched(replace(deal, contracts=_contracts(deal, said, by)))
    quote = Quote(
        quote_id=said.quote_id,
        revision=said.revision,
        state="sent" if isinstance(said, QuoteSent) else said.outcome,
        amount=said.amount,
        valid_until_on=said.valid_until_on if isinstance(said, QuoteSent) else None,
        sent_at=at if isinstance(said, QuoteSent) else None,
        answered_at=at if isinstance(said, QuoteAnswered) else None,
        reason=said.reason if isinstance(said, QuoteAnswered) else None,
    )
    return watched(replace(deal, quotes=_quotes(deal, quote)))


def _quotes(deal: Deal, quote: Quote) -> tuple[Quote, ...]:
    """The quotes with the one told of: what is known of its version stays, an answer outlasts a sending."""
    found = []
    known = False
    for one in deal.quotes:
        if (one.quote_id, one.revision) != (quote.quote_id, quote.revision):
            found.append(one)
            continue
        known = True
        answered = one.state in ("accepted", "refused", "expired", "replaced")
        found.append(
            replace(
                one,
                state=one.state if answered else quote.state,
                valid_until_on=quote.valid_until_on or one.valid_until_on,
                sent_at=one.sent_at or quote.sent_at,
                answered_at=one.answered_at or quote.answered_at,
                reason=one.reason or quote.reason,
            )
        )
    return tuple(found) if known else (*found, quote)


def _contracts(deal: Deal, said: ContractSigned, by: str) -> tuple[Contract, ...]:
    number = said.contract_number or said.contract_id
    for place, one in enumerate(deal.contracts):
        if one.contract_id == said.contract_id or one.number == number:
            signed = replace(one, state="signed", signed_on=said.signed_on)
            return (*deal.contracts[:place], signed, *deal.contracts[place + 1 :])
    signed = Contract(
        contract_id=said.contract_id,
        number=number,
        state="signed",
        amount=said.amount,
        starts_on=said.starts_on,
        ends_on=said.ends_on,
        drafted_by=by,
        signed_on=said.signed_on,
    )
    return (*deal.contracts, signed)
