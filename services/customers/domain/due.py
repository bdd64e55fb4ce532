"""What happens to a deal by itself as days pass: quotes expire, instalments fall due.

Each is told once. What is due is worked out from the deal alone, one thing at a time, so a timer
that was away for a week catches up in order and one that dies in between goes on where it was.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from backbone.contract.envelope import EventData
from backbone.contract.fields import EARLIEST
from backbone.contract.papers import PaymentDue
from services.customers.domain.deal import Deal, Instalment, whose
from services.customers.domain.plan import owed, watched
from services.customers.domain.quote import expire_quote, expiring


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen:
    """What came of a day: the deal after it, the event, when it happened, what the event's id is made from."""

    deal: Deal
    event: EventData
    at: datetime
    key: str


def fall_due(deal: Deal, today: date, now: datetime, zone: ZoneInfo) -> Fallen | None:
    """The next thing that happened to the deal by itself up to today; None when all of it is told.

    Args:
        deal: as it stands.
        today: the organisation's day.
        now: the present instant.
        zone: the organisation's.
    """
    if (quote := expiring(deal, today)) is not None and quote.valid_until_on is not None:
        at = min(now, _begins(quote.valid_until_on + timedelta(days=1), zone))
        after, answered = expire_quote(deal, quote, at)
        return Fallen(
            deal=after, event=answered, at=at, key=f"expired|{deal.deal_id}|{quote.quote_id}|{quote.revision}"
        )
    for one in owed(deal):
        instalment = one.instalment
        if instalment.told or instalment.due_on > today or not one.left:
            continue
        due = PaymentDue(
            **whose(deal),
            payment_id=instalment.payment_id,
            contract_id=one.contract.contract_id,
            amount=one.left,
            currency=deal.currency,
            due_on=instalment.due_on,
        )
        return Fallen(
            deal=_told(deal, one.contract.contract_id, instalment),
            event=due,
            # It falls due when its day begins, however late the timer comes to tell.
            at=_begins(instalment.due_on, zone),
            key=f"due|{deal.deal_id}|{one.contract.contract_id}|{instalment.payment_id}",
        )
    return None


def _begins(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins; the very first day of the contract's time begins before it in the east."""
    return max(datetime.combine(day, time(), zone).astimezone(UTC), EARLIEST)


def _told(deal: Deal, contract_id: str, instalment: Instalment) -> Deal:
    contracts = tuple(
        replace(
            contract,
            plan=tuple(
                replace(one, told=True) if one.payment_id == instalment.payment_id else one for one in contract.plan
            ),
        )
        if contract.contract_id == contract_id
        else contract
        for contract in deal.contracts
    )
    return watched(replace(deal, contracts=contracts))
