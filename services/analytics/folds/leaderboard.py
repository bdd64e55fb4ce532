"""Figures of members: visits, follow-ups, new leads and customers, and what is taken back of them."""

from collections.abc import Sequence
from typing import Final

from backbone.contract.activities import FollowUpLogged, FollowUpVoided, VisitLogged, VisitVoided
from backbone.contract.customers import CustomerCreated
from backbone.contract.leads import LeadCreated
from services.analytics.domain.credits import Credit
from services.analytics.folds.decisions import Decision, filed

VISITS: Final = "visits"
FOLLOW_UPS: Final = "follow-ups"
NEW_LEADS: Final = "new-leads"
NEW_CUSTOMERS: Final = "new-customers"

ONE_VISIT: Final = ((VISITS, 1),)
ONE_FOLLOW_UP: Final = ((FOLLOW_UPS, 1),)
ONE_LEAD: Final = ((NEW_LEADS, 1),)
ONE_CUSTOMER: Final = ((NEW_CUSTOMERS, 1),)


def credit_visit(visit: VisitLogged, on: int | None) -> Decision:
    """A visit counts for the member who made it, on the day it was made."""
    return Decision(visit.member_id, visit.team_id, on, ONE_VISIT)


def credit_follow_up(follow_up: FollowUpLogged, on: int | None) -> Decision:
    """A follow-up counts for the member who did it, reached or not."""
    return Decision(follow_up.member_id, follow_up.team_id, on, ONE_FOLLOW_UP)


def credit_lead(lead: LeadCreated, on: int | None) -> Decision:
    """A new lead counts for its first owner; one in the pool counts for nobody, but for the company."""
    return Decision(lead.owner_id, lead.team_id, on, ONE_LEAD)


def credit_customer(customer: CustomerCreated, on: int | None) -> Decision:
    """A new customer counts for the first owner."""
    return Decision(customer.owner_id, customer.team_id, on, ONE_CUSTOMER)


def void(event: VisitVoided | FollowUpVoided, counted: Sequence[Credit], on: int | None) -> Decision:
    """Take back what still counts of a visit or follow-up, on the days it was counted on.

    Args:
        event: the void.
        counted: every figure the log moved for it before this event.
        on: the day of the void itself.
    """
    sums: dict[tuple[str, str | None, str | None, int | None], int] = {}
    for one in counted:
        place = (one.metric, one.member, one.team, one.on)
        sums[place] = sums.get(place, 0) + one.amount
    back = [Credit(metric, -left, member, team, day, 0) for (metric, member, team, day), left in sums.items() if left]
    decision = filed(back, occurred=0, member=event.member_id, team=event.team_id, on=on)
    if not back:
        # It was voided before, or it has not come yet: what comes under its id will count nothing.
        decision.left_out = "nothing-to-void"
    return decision
