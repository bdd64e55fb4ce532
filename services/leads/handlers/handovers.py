"""What a leaver leaves behind here: his open leads, which go to his successor or to the public pool."""

from datetime import datetime

from backbone.handovers import REASON, Estate
from backbone.members import Member
from services.leads.desk import Desk
from services.leads.domain import conversion, moves
from services.leads.domain.lead import Decided, Lead, LeadState

OPEN = (LeadState.NEW, LeadState.QUALIFIED, LeadState.CONVERTING)


def estates(desk: Desk) -> list[Estate[Lead]]:
    """His leads; one that is just becoming a customer follows when that is over."""
    policy = desk.house.pool

    def give(lead: Lead, successor: Member | None, now: datetime) -> Decided:
        conversion.check_not_held(lead, lead, 0)
        if successor is None:
            return moves.release(lead, now, now, reason=REASON, by_member_id=lead.owner_id, policy=policy)
        return moves.assign(lead, now, now, owner_id=successor.member_id, team_id=successor.team_id, reason=REASON)

    return [
        Estate(
            "leads", desk.store.leads, {"state.state": {"$in": [state.value for state in OPEN]}}, give, to_nobody=True
        )
    ]
