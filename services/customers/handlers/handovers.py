"""What a leaver leaves behind here: his customers, and the deals that are open or that money is still owed for."""

from datetime import datetime
from typing import Any, Final

from backbone.handovers import REASON, Estate, successor_of
from backbone.members import Member
from services.customers.desk import Desk
from services.customers.domain import ownership, worth
from services.customers.domain.customer import Customer
from services.customers.domain.customer import Decided as CustomerDecided
from services.customers.domain.deal import Deal
from services.customers.domain.deal import Decided as DealDecided

UNFINISHED: Final = {"$or": [{"state.state": "open"}, {"state.owed_since": {"$gt": ""}}]}
"""Deals somebody must go on with: open ones, and those of which money is still to come."""


def estates(desk: Desk) -> list[Estate[Any]]:
    """What he has; it takes a successor, for a customer never belongs to nobody."""
    return [
        Estate("customers", desk.store.customers, {"state.merged_into": None}, give_customer),
        Estate("deals", desk.store.deals, UNFINISHED, give_deal),
    ]


def give_customer(customer: Customer, successor: Member | None, now: datetime) -> CustomerDecided:
    """Let the successor have a customer."""
    heir = successor_of(successor)
    return ownership.change_owner(customer, now, now, owner_id=heir.member_id, team_id=heir.team_id, reason=REASON)


def give_deal(deal: Deal, successor: Member | None, now: datetime) -> DealDecided:
    """Let the successor have a deal."""
    heir = successor_of(successor)
    return worth.change_owner(deal, now, now, owner_id=heir.member_id, team_id=heir.team_id, reason=REASON)
