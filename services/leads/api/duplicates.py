"""Likely duplicates over HTTP."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from backbone.bodies import Body, view_of
from backbone.callers import Caller
from backbone.contract.fields import Text
from backbone.web import Calling
from services.leads import queries
from services.leads.api.door import READERS, AtDesk, Mail, Phone
from services.leads.api.shapes import LeadView, PooledLeadView
from services.leads.desk import Desk
from services.leads.domain.identity.keys import Traits
from services.leads.domain.identity.tax_ids import normal_tax_id
from services.leads.queries import Likely

router = APIRouter(tags=["duplicates"])


class TraitsToCheck(Body):
    """What is known of somebody before he is taken in as a lead."""

    company_name: Text | None = Field(None, examples=["Shanghai Bengye Youxian Gongsi"])
    tax_id: Annotated[str, Field(max_length=40)] | None = None
    phone: Phone | None = None
    mail: Mail | None = None

    def traits(self) -> Traits:
        """The same as the domain has it.

        Raises:
            Refused: the tax id is none.
        """
        return Traits(
            company_name=self.company_name,
            tax_id=None if self.tax_id is None else normal_tax_id(self.tax_id),
            phones=(self.phone,) if self.phone else (),
            mails=(self.mail,) if self.mail else (),
        )


class LikelyView(BaseModel):
    """A lead that may be the same; one in the public pool is shown without its people."""

    score: float = Field(description="From 0 to 1.", examples=[0.93])
    reasons: list[str] = Field(
        description="The strongest first: same-tax-id, same-company-name, same-phone, same-mail, same-name-in-pinyin, "
        "same-name-but-place, same-mail-domain, similar-name.",
        examples=[["same-name-in-pinyin", "same-mail-domain"]],
    )
    lead: LeadView | None = None
    pooled: PooledLeadView | None = None


class LikelyListView(BaseModel):
    """Leads that may be the same, the likeliest first."""

    items: list[LikelyView]
    elsewhere: int = Field(description="How many more there are that you may not see; ask your manager.")


@router.get("/leads/{lead_id}/duplicates", summary="Which leads may be the same?")
async def list_duplicates(lead_id: str, desk: AtDesk, caller: Calling) -> LikelyListView:
    """Leads that share a name, a phone, a mail domain or a tax id with this one, with a score and the reasons."""
    saved = await queries.lead(desk.store, caller, lead_id)
    return await likely_list(desk, caller, saved.state.traits, except_id=lead_id)


@router.post("/duplicates/check", summary="Is somebody known already?", dependencies=READERS)
async def check_duplicates(body: TraitsToCheck, desk: AtDesk, caller: Calling) -> LikelyListView:
    """Look before taking a lead in; writes nothing."""
    return await likely_list(desk, caller, body.traits())


async def likely_list(desk: Desk, caller: Caller, traits: Traits, *, except_id: str | None = None) -> LikelyListView:
    """Leads that may be the same as one with these traits, as far as the caller may see them."""
    found, hidden = await queries.likely_duplicates(desk.store, caller, traits, except_id=except_id)
    return LikelyListView(items=[_shown(one) for one in found], elsewhere=hidden)


def _shown(likely: Likely) -> LikelyView:
    shown = LikelyView(score=likely.likeness.score, reasons=list(likely.likeness.reasons))
    if likely.saved.state.in_pool:
        return shown.model_copy(update={"pooled": view_of(PooledLeadView, likely.saved)})
    return shown.model_copy(update={"lead": view_of(LeadView, likely.saved)})
