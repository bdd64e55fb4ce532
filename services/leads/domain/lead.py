"""A lead: somebody who may become a customer, until he is one.

    new --qualify--> qualified, new or qualified --disqualify--> disqualified --reopen--> new,
    new or qualified --reserve--> converting --finish--> converted, or --release--> what it was,
    any but converting or merged --merge--> merged --unmerge--> what it was

An open lead (new or qualified) without an owner lies in the public pool.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from backbone.audit import personal
from backbone.contract.envelope import EventData
from backbone.contract.leads import LeadCreated
from backbone.moments import check_happened
from backbone.problems import Refused
from services.leads.domain.assignment import Decision
from services.leads.domain.identity.keys import ExactKind, Traits
from services.leads.domain.identity.tax_ids import normal_tax_id
from services.leads.domain.policy import Grade

MOST_INQUIRIES: Final = 50
MOST_CONTACTS: Final = 50
FRESH: Final = timedelta(days=1)
"""A lead told of by an outside system later than this is history: the assignment rules do not give it away."""


class LeadState(StrEnum):
    """How far a lead has come."""

    NEW = "new"
    QUALIFIED = "qualified"
    DISQUALIFIED = "disqualified"
    CONVERTING = "converting"
    CONVERTED = "converted"
    MERGED = "merged"


OPEN: Final = frozenset({LeadState.NEW, LeadState.QUALIFIED})
"""States in which a lead is worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a person is called and reached; these words stay in this service."""

    contact_id: str
    name: str = field(metadata=personal)
    phone: str | None = field(default=None, metadata=personal)
    mail: str | None = field(default=None, metadata=personal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A later time the same lead came in."""

    channel: str
    campaign: str | None = None
    form_id: str | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A member from whom the lead was taken, and until when he cannot take it back."""

    member_id: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """The saga by which a lead becomes a customer, what the lead was before, and the deal that came of it."""

    saga_id: str
    from_state: LeadState
    since: datetime
    deal_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merged lead remembers: into which one it went, by which merge, and what it was before."""

    merge_id: str
    into_lead_id: str
    state: LeadState
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorbed:
    """What a lead remembers of another one that went into it, so that it can come out again.

    Args:
        merge_id: of the merge.
        lead_id: the other lead.
        version: of the other lead, when the merge was decided; nothing else may have happened to it.
        filled: the fields that were empty here, with what the other one gave.
        product_ids: those that came with it.
        contact_ids: of the contacts that came with it.
        keys: what the other lead is recognised by and this one was not: the other one holds the claim.
        step: `taking` until the other lead is merged, `taken` then, `giving` while it is being unmerged.
        since: when the step began.
        actor: who wanted it, for what is completed after a crash.
        reason: why it is unmerged.
    """

    merge_id: str
    lead_id: str
    version: int
    filled: dict[str, str | int] = field(default_factory=dict)
    product_ids: tuple[str, ...] = ()
    contact_ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = field(default=(), metadata=personal)
    step: str = "taking"
    since: datetime
    actor: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One lead; `value_estimate` is in minor units of `currency`.

    Args:
        contact: the person to talk to; None when an outside system told of the lead (events carry no
            person's data), or after he was erased. `more_contacts` came with merges and later inquiries.
        claim_kinds: by which kinds of keys no other lead may be like it: what the policy called exact when it came in,
            or when what it is recognised by was last told.
        undecided: the assignment rules have not spoken yet; it is not in the pool until then.
        decision: what they said.
        owned_at: since when it has its owner; `pooled_at`: since when it lies in the pool.
        idle_from, idle_level: how many reminders were sent (0 none, 1 owner, 2 manager) for the quiet time that
            began then.
        bars: who cannot take it back for a while.
        merged, absorbed: see `domain.merge`.
    """

    lead_id: str
    state: LeadState = LeadState.NEW
    owner_id: str | None
    team_id: str | None
    group_ids: tuple[str, ...] = ()
    channel: str
    campaign: str | None = None
    territory: str | None = None
    industry: str | None = None
    product_ids: tuple[str, ...] = ()
    value_estimate: int | None = None
    currency: str | None = None
    grade: Grade | None = None
    company_name: str | None = None
    tax_id: str | None = None
    note: str | None = field(default=None, metadata=personal)
    contact: Contact | None = None
    more_contacts: tuple[Contact, ...] = ()
    claim_kinds: tuple[ExactKind, ...] = ()
    form_id: str | None = None
    inquiries: tuple[Inquiry, ...] = ()
    score: int | None = None
    reason: str | None = None
    undecided: bool = False
    decision: Decision | None = None
    owned_at: datetime | None = None
    pooled_at: datetime | None = None
    idle_from: datetime | None = None
    idle_level: int = 0
    bars: tuple[Bar, ...] = ()
    merged: Merged | None = None
    absorbed: tuple[Absorbed, ...] = ()
    conversion: Conversion | None = None
    customer_id: str | None = None
    created_at: datetime
    recorded_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether it is worked on."""
        return self.state in OPEN

    @property
    def in_pool(self) -> bool:
        """Whether anybody may take it."""
        return self.is_open and self.owner_id is None and not self.undecided

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """Everybody known there, the person to talk to first."""
        return self.more_contacts if self.contact is None else (self.contact, *self.more_contacts)

    @property
    def traits(self) -> Traits:
        """What it is recognised by."""
        return Traits(
            company_name=self.company_name,
            tax_id=self.tax_id,
            phones=tuple(contact.phone for contact in self.contacts if contact.phone),
            mails=tuple(contact.mail for contact in self.contacts if contact.mail),
        )


Decided = tuple[Lead, Sequence[EventData]]


def create_lead(lead: Lead, now: datetime) -> Decided:
    """Check a new lead and state that it came in.

    Args:
        lead: as it was told.
        now: the present instant.

    Raises:
        Refused: it comes from the future, its value is in no currency, or its tax id is none.
    """
    check_happened(lead.created_at, now, field="/created_at")
    check_money(lead)
    checked = replace(
        lead,
        tax_id=None if lead.tax_id is None else normal_tax_id(lead.tax_id),
        owned_at=None if lead.owner_id is None else lead.created_at,
        pooled_at=lead.created_at if lead.owner_id is None and not lead.undecided else None,
    )
    return checked, [
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


def adopt_lead(known: Lead | None, said: LeadCreated, at: datetime, recorded_at: datetime, *, to_rules: bool) -> Lead:
    """The lead an outside system told of; one that is known already stays as it is.

    Args:
        known: the lead as it stands; None = there is none.
        said: the statement.
        at: when it came in, UTC.
        recorded_at: when the platform took the statement, UTC.
        to_rules: whether the assignment rules are to find an owner if it has none.
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
        undecided=to_rules and said.owner_id is None,
        owned_at=None if said.owner_id is None else at,
        pooled_at=at if said.owner_id is None and not to_rules else None,
        created_at=at,
        recorded_at=recorded_at,
    )


def ways_to(contact: Contact) -> Traits:
    """What a person is recognised by."""
    return Traits(phones=(contact.phone,) if contact.phone else (), mails=(contact.mail,) if contact.mail else ())


def check_money(lead: Lead) -> None:
    """Refuse a value in no currency.

    Raises:
        Refused: value_estimate is told and the currency is not.
    """
    if lead.value_estimate is not None and lead.currency is None:
        raise Refused("no-currency", "Name the currency of value_estimate.", field="/currency")
