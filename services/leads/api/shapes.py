"""How leads look over HTTP: bodies that make them, and views."""

from datetime import datetime

from pydantic import BaseModel, Field

from backbone.bodies import Body
from backbone.contract.fields import Amount, Code, Currency, Id, Moment, Text
from backbone.contract.ids import new_event_id
from backbone.members import Member
from backbone.moments import told_at
from backbone.web import Asks
from services.leads.api.door import LongText, Mail, Phone
from services.leads.desk import Desk
from services.leads.domain.lead import Contact, Lead, LeadState
from services.leads.domain.policy import Grade
from services.leads.domain.replay import nobody


class ContactToKeep(Body):
    """How the person is called and reached. It stays here: events never carry it."""

    name: Text
    phone: Phone | None = None
    mail: Mail | None = None

    def contact(self, contact_id: str | None = None) -> Contact:
        """The person as the domain has him, under a new id by default."""
        return Contact(contact_id=contact_id or new_event_id(), **self.model_dump())


class LeadToCreate(Body):
    """A lead as it came in."""

    channel: Code = Field(
        description="How it came in: web, phone, dealer, fair, referral, import or another code.", examples=["fair"]
    )
    contact: ContactToKeep | None = Field(None, description="The person to talk to.")
    company_name: Text | None = Field(None, description="The firm's; it stays here.", examples=["上海某某泵业有限公司"])
    tax_id: str | None = Field(
        None,
        max_length=40,
        description="统一社会信用代码, 18 characters; the check character must fit.",
        examples=["91440300708461136T"],
    )
    note: LongText | None = Field(None, description="What the person said; it stays here.")
    owner_id: Id | None = Field(
        None,
        description="Whose it is; the key's own member by default. Null puts it into the public pool. For a key "
        "that is nobody's, the assignment rules find the owner.",
    )
    by_rules: bool = Field(False, description="Let the assignment rules find the owner, whoever sends this.")
    campaign: Code | None = None
    territory: Code | None = None
    industry: Code | None = None
    grade: Grade | None = Field(None, description="How important it is.")
    product_ids: list[Id] = Field([], max_length=100, description="Products it is about.")
    value_estimate: Amount | None = Field(None, description="What it may be worth, in minor units of the currency.")
    currency: Currency | None = Field(None, description="Of value_estimate; the organisation's by default.")
    created_at: Moment | None = Field(None, description="When it came in; now by default.")


async def lead_of(body: LeadToCreate, desk: Desk, asks: Asks) -> Lead:
    """The lead a body tells of, with its owner looked up.

    Raises:
        Refused: the owner is unknown or has left.
        Forbidden: the caller may not act for him.
        Unavailable: the directory does not answer.
    """
    names_owner = "owner_id" in body.model_fields_set
    to_rules = body.by_rules or (not names_owner and asks.caller.member_id is None)
    owner: Member | None = None
    if not to_rules and (body.owner_id is not None or not names_owner):
        owner = await desk.members.acting(asks.caller, body.owner_id, field="/owner_id", kind="lead")
    now = desk.now()
    undecided = to_rules and bool(desk.rules.rules)
    return Lead(
        lead_id=new_event_id(),
        owner_id=None if owner is None else owner.member_id,
        team_id=None if owner is None else owner.team_id,
        channel=body.channel,
        campaign=body.campaign,
        territory=body.territory,
        industry=body.industry,
        product_ids=tuple(body.product_ids),
        value_estimate=body.value_estimate,
        currency=None if body.value_estimate is None else body.currency or desk.currency,
        grade=body.grade,
        company_name=body.company_name,
        tax_id=body.tax_id,
        note=body.note,
        contact=None if body.contact is None else body.contact.contact(),
        undecided=undecided,
        decision=nobody(0, None) if to_rules and not undecided else None,
        created_at=told_at(body.created_at, now),
        recorded_at=now,
    )


class ContactView(BaseModel):
    """How a person is called and reached."""

    contact_id: str
    name: str
    phone: str | None
    mail: str | None


class SkippedView(BaseModel):
    """Who was passed over."""

    member_id: str
    why: str = Field(description="left, off-duty, full or other-territory")


class DecisionView(BaseModel):
    """What the assignment rules said."""

    rules_version: int = Field(description="Version of the rules; 0 when there were none.")
    rule_id: str | None = Field(description="The rule that decided; null when none fitted.")
    member_id: str | None = Field(description="Whom it chose; null = the public pool.")
    reason: str = Field(description="round-robin, least-open, capacity, no-rule or nobody-available")
    skipped: list[SkippedView]


class InquiryView(BaseModel):
    """A later time the same lead came in."""

    channel: str
    campaign: str | None
    form_id: str | None
    at: datetime


class MergedView(BaseModel):
    """Where a merged lead went."""

    into_lead_id: str
    at: datetime


class PooledLeadView(BaseModel):
    """A lead as everybody sees it who may take it: without the people."""

    lead_id: str
    version: int
    state: LeadState
    company_name: str | None
    channel: str
    campaign: str | None
    territory: str | None
    industry: str | None
    grade: Grade | None
    product_ids: list[str]
    value_estimate: int | None
    currency: str | None
    pooled_at: datetime | None
    created_at: datetime


class LeadView(BaseModel):
    """A lead as it stands."""

    lead_id: str
    version: int = Field(description="Name it when you change the lead.")
    state: LeadState
    owner_id: str | None = Field(description="Null while it lies in the public pool.")
    team_id: str | None
    group_ids: list[str] = Field(description="Work groups that share it.")
    channel: str
    campaign: str | None
    territory: str | None
    industry: str | None
    grade: Grade | None
    product_ids: list[str]
    value_estimate: int | None
    currency: str | None
    company_name: str | None
    tax_id: str | None
    note: str | None
    contact: ContactView | None = Field(description="Null when an outside system told of the lead by an event.")
    more_contacts: list[ContactView] = Field(description="People who came with merges and later inquiries.")
    inquiries: list[InquiryView] = Field(description="When it came in again.")
    score: int | None
    reason: str | None = Field(description="Why it was qualified, disqualified or reopened.")
    decision: DecisionView | None = Field(description="What the assignment rules said of it.")
    merged: MergedView | None = Field(description="The lead it went into; it is read-only then.")
    customer_id: str | None = Field(description="The customer it became.")
    owned_at: datetime | None
    pooled_at: datetime | None
    created_at: datetime
    recorded_at: datetime
