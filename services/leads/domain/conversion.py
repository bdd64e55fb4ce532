"""A lead becomes a customer: while that is under way nobody else changes it; it ends converted or as it was."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from backbone.contract.leads import LeadConverted
from backbone.problems import Conflict, Problem, Refused
from services.leads.domain.lead import Conversion, Decided, Lead, LeadState
from services.leads.domain.merge import under_way

CONVERSION: Final = "conversion"
STEPS: Final = ("reserve", "customer", "contacts", "deal", "finish")


class UnderConversion(Conflict):
    """The lead is just becoming a customer: it cannot be changed until that is over."""

    def __init__(self, lead_id: str, saga_id: str, version: int) -> None:
        Problem.__init__(
            self,
            "under-conversion",
            f"Lead {lead_id!r} is just becoming a customer: see /sagas/{saga_id}, and try again when that is over.",
        )
        self.version = version


def check_may_convert(lead: Lead) -> str:
    """Refuse to convert a lead that cannot become a customer now; give its owner, whose the customer will be.

    Raises:
        Refused: it is not open, or nobody owns it.
    """
    if lead.merged is not None:
        raise Refused("merged", f"This lead went into lead {lead.merged.into_lead_id!r}; convert that one.")
    if lead.state is LeadState.CONVERTED:
        raise Refused("converted-before", f"This lead became customer {lead.customer_id!r} already.")
    if not lead.is_open:
        raise Refused("wrong-state", f"A lead that is {lead.state} cannot be converted; it must be new or qualified.")
    if under_way(lead) is not None:
        raise Refused("merging", f"A merge of lead {lead.lead_id!r} is under way; try again in a moment.")
    if lead.owner_id is None:
        raise Refused("in-pool", "This lead belongs to nobody; claim it first, so that the customer has an owner.")
    return lead.owner_id


def reserve(lead: Lead, saga_id: str, now: datetime) -> Lead:
    """Keep a lead for its conversion.

    Raises:
        Refused: see `check_may_convert`.
    """
    check_may_convert(lead)
    return replace(
        lead,
        state=LeadState.CONVERTING,
        conversion=Conversion(saga_id=saga_id, from_state=lead.state, since=now),
    )


def release(lead: Lead, saga_id: str) -> Lead:
    """The lead as it was before its conversion was refused; one that this conversion does not hold stays as it is."""
    if lead.state is not LeadState.CONVERTING or lead.conversion is None or lead.conversion.saga_id != saga_id:
        return lead
    return replace(lead, state=lead.conversion.from_state, conversion=None)


def finish(lead: Lead, saga_id: str, now: datetime, *, customer_id: str, deal_id: str | None) -> Decided:
    """Note what became of a lead that is kept for its conversion.

    Args:
        lead: as it stands, with its owner's present team.
        saga_id: of the conversion.
        now: the present instant.
        customer_id: what it became.
        deal_id: what was opened with it, if anything.

    Raises:
        Refused: it is not kept for this conversion.
    """
    held = lead.conversion
    if lead.state is not LeadState.CONVERTING or held is None or held.saga_id != saga_id:
        raise Refused("not-held", f"Lead {lead.lead_id!r} is not kept for this conversion; convert it again.")
    converted = replace(
        lead,
        state=LeadState.CONVERTED,
        conversion=replace(held, deal_id=deal_id),
        customer_id=customer_id,
    )
    return converted, [
        LeadConverted(
            lead_id=lead.lead_id,
            owner_id=lead.owner_id,
            team_id=lead.team_id,
            customer_id=customer_id,
            deal_id=deal_id,
            age_seconds=max(int((now - lead.created_at).total_seconds()), 0),
        )
    ]


def check_not_held(before: Lead, after: Lead, version: int) -> None:
    """Refuse a change of a lead that is kept for its conversion, other than the end of that.

    Raises:
        UnderConversion: it is just becoming a customer.
    """
    if before.state is not LeadState.CONVERTING or before.conversion is None:
        return
    if after.conversion is not None and after.state is not LeadState.CONVERTED:
        raise UnderConversion(before.lead_id, before.conversion.saga_id, version)
