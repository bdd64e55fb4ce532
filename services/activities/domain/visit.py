"""A visit: a member was at a customer's or a lead's place."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from backbone.contract.activities import Place, PlaceCheck, VisitLogged, VisitVoided
from backbone.contract.envelope import EventData
from backbone.moments import check_happened
from backbone.problems import Refused

LONGEST_VISIT: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit as it was logged; `voided_at` tells that it does not count any more."""

    visit_id: str
    member_id: str
    owner_id: str
    team_id: str | None
    customer_id: str | None = None
    lead_id: str | None = None
    deal_id: str | None = None
    planned_visit_id: str | None = None
    started_at: datetime
    ended_at: datetime
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    purpose: str | None = None
    outcome: str | None = None
    next_step_on: date | None = None
    recorded_at: datetime
    voided_at: datetime | None = None
    void_reason: str | None = None


def log_visit(visit: Visit, now: datetime) -> tuple[Visit, list[EventData]]:
    """Check a new visit and state that it happened.

    Args:
        visit: as the member reports it.
        now: the present instant.

    Raises:
        Refused: it is at nobody's place, ends before it starts, lasts longer
            than a day, or lies in the future.
    """
    if (visit.customer_id is None) == (visit.lead_id is None):
        raise Refused("one-place", "Name either customer_id or lead_id, not both.", field="/customer_id")
    if visit.ended_at < visit.started_at:
        raise Refused("ends-before-start", "ended_at lies before started_at.", field="/ended_at")
    if visit.ended_at - visit.started_at > LONGEST_VISIT:
        raise Refused("too-long", "A visit lasts 24 hours at most.", field="/ended_at")
    check_happened(visit.ended_at, now, field="/ended_at")
    return visit, [
        VisitLogged(
            visit_id=visit.visit_id,
            member_id=visit.member_id,
            owner_id=visit.owner_id,
            team_id=visit.team_id,
            customer_id=visit.customer_id,
            lead_id=visit.lead_id,
            deal_id=visit.deal_id,
            planned_visit_id=visit.planned_visit_id,
            started_at=visit.started_at,
            ended_at=visit.ended_at,
            place=_place(visit),
            place_check=PlaceCheck(result="unknown"),
            purpose=visit.purpose,
            outcome=visit.outcome,
            next_step_on=visit.next_step_on,
        )
    ]


def void_visit(visit: Visit, reason: str, now: datetime) -> tuple[Visit, list[EventData]]:
    """Take a visit back: it counts no more, from its own day on.

    Raises:
        Refused: it was voided before.
    """
    if visit.voided_at is not None:
        raise Refused("voided-before", "This visit is void already.")
    voided = replace(visit, voided_at=now, void_reason=reason)
    return voided, [
        VisitVoided(
            visit_id=visit.visit_id,
            member_id=visit.member_id,
            owner_id=visit.owner_id,
            team_id=visit.team_id,
            reason=reason,
        )
    ]


def _place(visit: Visit) -> Place | None:
    if visit.lat is None or visit.lon is None:
        return None
    return Place(lat=visit.lat, lon=visit.lon, accuracy_m=visit.accuracy_m)
