"""What others tell of a customer, summed up: when it was visited and reached, what its deals are worth; pure."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Generic, Literal, NamedTuple, TypeVar

from backbone.contract.activities import FollowUpLogged, VisitLogged
from backbone.contract.envelope import EventData
from services.customers.domain.query import FACT_DAYS, Facts

MOST_TOUCHES: Final = 2_000
"""Of one customer, the latest; more in a year is no customer but a mistake."""
LOOK_BACK: Final = timedelta(days=FACT_DAYS)


Fact = TypeVar("Fact")


class Touch(NamedTuple):
    """One visit or one contact: `reached` says whether somebody was spoken to."""

    kind: Literal["visit", "follow-up"]
    at: datetime
    reached: bool = True


class DealFact(NamedTuple):
    """What counts of a deal; `amount` in minor units of `currency`."""

    state: str
    amount: int
    currency: str
    decided_at: datetime | None


class Told(NamedTuple, Generic[Fact]):
    """A touch or a deal as it is kept now; `customer_id` is None when it counts for nobody any more."""

    id: str
    customer_id: str | None
    fact: Fact


@dataclass(frozen=True, slots=True)
class Book:
    """All that counts of one customer, by the ids of touches and deals."""

    touches: dict[str, Touch] = field(default_factory=dict)
    deals: dict[str, DealFact] = field(default_factory=dict)


def touch_of(said: EventData, at: datetime) -> Told[Touch] | None:
    """The touch an event tells of; None when it tells of none with a customer.

    A visit took place when it ended, where that is told.
    """
    if isinstance(said, VisitLogged) and said.customer_id is not None:
        return Told(f"visit|{said.visit_id}", said.customer_id, Touch("visit", said.ended_at or said.started_at))
    if isinstance(said, FollowUpLogged) and said.customer_id is not None:
        return Told(f"follow-up|{said.follow_up_id}", said.customer_id, Touch("follow-up", at, said.reached))
    return None


def brought_up_to_date(
    book: Book, customer_id: str, touches: Iterable[Told[Touch]], deals: Iterable[Told[DealFact]], now: datetime
) -> Book:
    """The book of a customer after some touches and deals were looked at: what is not its own, or counts no more, goes.

    The same in whatever order, and however often, they are looked at, while there are no more than `MOST_TOUCHES`: of
    more the latest stay.
    """
    since = now - LOOK_BACK
    new = Book(dict(book.touches), dict(book.deals))
    for id_, whose, touch in touches:
        if whose == customer_id:
            new.touches[id_] = touch
        else:
            new.touches.pop(id_, None)
    for id_, whose, deal in deals:
        if whose == customer_id and (deal.state == "open" or _is_won_since(deal, since)):
            new.deals[id_] = deal
        else:
            new.deals.pop(id_, None)
    if len(new.touches) > MOST_TOUCHES:
        latest = heapq.nlargest(MOST_TOUCHES, new.touches.items(), key=lambda kept: kept[1].at)
        return Book(dict(latest), new.deals)
    return new


def facts_of(book: Book, currency: str, now: datetime) -> Facts:
    """The facts of one customer.

    Args:
        book: what counts of it.
        currency: the organisation's; what is won in another one counts as a deal, not as turnover.
        now: the present instant; sums look back `FACT_DAYS` days from here.
    """
    known = [touch for touch in book.touches.values() if touch.at <= now + timedelta(days=1)]
    visits = [touch.at for touch in known if touch.kind == "visit"]
    contacts = [touch.at for touch in known if touch.reached]
    since = now - LOOK_BACK
    won = [deal for deal in book.deals.values() if _is_won_since(deal, since)]
    return Facts(
        last_visit_at=max(visits, default=None),
        last_contact_at=max(contacts, default=None),
        visits=sum(1 for at in visits if at >= since),
        open_deals=sum(1 for deal in book.deals.values() if deal.state == "open"),
        deals_won=len(won),
        turnover=sum(deal.amount for deal in won if deal.currency == currency),
    )


def _is_won_since(deal: DealFact, since: datetime) -> bool:
    return deal.state == "won" and deal.decided_at is not None and deal.decided_at >= since
