"""A lead: somebody who may become a customer."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from backbone.audit import personal
from backbone.contract.envelope import EventData
from backbone.contract.leads import LeadCreated
from backbone.moments import check_happened
from backbone.problems import Refused


class LeadState(StrEnum):
    """How far a lead has come."""

    NEW = "new"
    QUALIFIED = "qualified"
    DISQUALIFIED = "disqualified"
    CONVERTED = "converted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a person is called and reached; these words stay in this service."""

    name: str = field(metadata=personal)
    phone: str | None = field(default=None, metadata=personal)
    mail: str | None = field(default=None, metadata=personal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One lead; without an owner it lies in the public pool.

    `value_estimate` is in minor units of `currency`. `contact` is None when an outside system
    told of the lead: events carry no person's data.
    """

    lead_id: str
    state: LeadState = LeadState.NEW
    owner_id: str | None
    team_id: str | None
    channel: str
    campaign: str | None = None
    territory: str | None = None
    industry: str | None = None
    product_ids: tuple[str, ...] = ()
    value_estimate: int | None = None
    currency: str | None = None
    contact: Contact | None = None
    created_at: datetime
    recorded_at: datetime


def create_lead(lead: Lead, now: datetime) -> tuple[Lead, list[EventData]]:
    """Check a new lead and state that it came in.

    Args:
        lead: as it was told.
        now: the present instant.

    Raises:
        Refused: it comes from the future, or its value is in no currency.
    """
    check_happened(lead.created_at, now, field="/created_at")
    if lead.value_estimate is not None and lead.currency is None:
        raise Refused("no-currency", "Name the currency of value_estimate.", field="/currency")
    return lead, [
        LeadCreated(
            lead_id=lead.lead_id,
            owner_id=lead.owner_id,
            team_id=lead.team_id,
            channel=lead.channel,
            campaign=lead.campaign,
            territory=lead.territory,
            industry=lead.industry,
            product_ids=lead.product_ids,
            value_estimate=lead.value_estimate,
            currency=lead.currency,
        )
    ]


def adopt_lead(known: Lead | None, said: LeadCreated, at: datetime, recorded_at: datetime) -> Lead:
    """The lead an outside system told of; one that is known already stays as it is.

    Args:
        known: the lead as it stands; None = there is none.
        said: the statement.
        at: when it came in, UTC.
        recorded_at: when the platform took the statement, UTC.
    """
    return known or Lead(
        lead_id=said.lead_id,
        owner_id=said.owner_id,
        team_id=said.team_id,
        channel=said.channel,
        campaign=said.campaign,
        territory=said.territory,
        industry=said.industry,
        product_ids=said.product_ids,
        value_estimate=said.value_estimate,
        currency=said.currency,
        created_at=at,
        recorded_at=recorded_at,
    )
