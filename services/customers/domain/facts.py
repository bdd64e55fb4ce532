"""What others tell of a customer, summed up: when it was visited and reached, what its deals are worth; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from backbone.contract.activities import FollowUpLogged, VisitLogged
from backbone.contract.envelope import EventData
from services.customers.domain.query import FACT_DAYS, Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One visit or one contact: `reached` says whether somebody was spoken to."""

    touch_id: str
    customer_id: str
    kind: Literal["visit", "follow-up"]
    at: datetime
    reached: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DealFact:
    """What counts of a deal; `amount` in minor units of `currency`."""

    state: str
    amount: int
    currency: str
    decided_at: datetime | None


def touch_of(said: EventData, at: datetime) -> Touch | None:
    """The touch an event tells of; None when it tells of none with a customer.

    A visit took place when it ended, where that is told.
    """
    if isinstance(said, VisitLogged) and said.customer_id is not None:
        return Touch(
            touch_id=f"visit|{said.visit_id}",
            customer_id=said.customer_id,
            kind="visit",
            at=said.ended_at or said.started_at,
        )
    if isinstance(said, FollowUpLogged) and said.customer_id is not None:
        return Touch(
            touch_id=f"follow-up|{said.follow_up_id}",
            customer_id=said.customer_id,
            kind="follow-up",
            at=at,
            reached=said.reached,
        )
    return None


def facts_of(touches: Iterable[Touch], deals: Iterable[DealFact], currency: str, now: datetime) -> Facts:
    """The facts of one customer.

    Args:
        touches: those that were not taken back.
        deals: all with it.
        currency: the organisation's; what is won in another one counts as a deal, not as turnover.
        now: the present instant; sums look back `FACT_DAYS` days from here.
    """
    known = [touch for touch in touches if touch.at <= now + timedelta(days=1)]
    visits = [touch.at for touch in known if touch.kind == "visit"]
    contacts = [touch.at for touch in known if touch.reached]
    since = now - timedelta(days=FACT_DAYS)
    all_deals = list(deals)
    won = [deal for deal in all_deals if deal.state == "won" and deal.decided_at and deal.decided_at >= since]
    return Facts(
        last_visit_at=max(visits, default=None),
        last_contact_at=max(contacts, default=None),
        visits=sum(1 for at in visits if at >= since),
        open_deals=sum(1 for deal in all_deals if deal.state == "open"),
        deals_won=len(won),
        turnover=sum(deal.amount for deal in won if deal.currency == currency),
    )
