"""Duplicates over HTTP: finding them, merging them, taking a merge back."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change
from backbone.contract.fields import Code, Id, Text
from backbone.rows import Told
from backbone.saga.api import AtRunner, SagaView, answer_saga
from backbone.web import Asking, Calling
from services.customers import queries
from services.customers.api.contacts import PEOPLE
from services.customers.api.customer_shapes import Mail, Phone, TaxId
from services.customers.api.door import AtDesk
from services.customers.domain.customer import Customer
from services.customers.domain.duplicate import Likeness
from services.customers.handlers import merging as handlers
from services.customers.queries.duplicates import likely

router = APIRouter(tags=["duplicates"])


class Merge(Change):
    """Where a customer goes."""

    into_customer_id: Id
    reason: Code | None = None


class Unmerge(Change):
    """Why a merge is taken back."""

    reason: Code | None = None


class CustomerToCheck(Body):
    """What is known of a customer before it is entered."""

    name: Text
    tax_id: TaxId | None = None
    phone: Phone | None = None
    mail: Mail | None = None


class LikenessView(BaseModel):
    """A customer that may be the same one."""

    score: float = Field(description="How sure it is, 0 to 1.")
    exact: bool = Field(description="Whether they agree in what only one firm has, and in no tax id differ.")
    reasons: list[str] = Field(
        description="same-tax-id, same-phone, same-mail, same-name, similar-name, same-mail-domain; strongest first."
    )
    visible: bool = Field(description="Whether it is in the caller's row scope; if not, only its owner is told.")
    customer_id: str | None
    name: str | None
    owner_id: str | None = Field(description="Whom to talk to, so that two do not work on one firm.")


class LikenessesView(BaseModel):
    """Customers that may be the same one, the surest first."""

    duplicates: list[LikenessView]


@router.get("/customers/{customer_id}/duplicates", summary="Find customers that may be the same one")
async def list_duplicates(customer_id: str, desk: AtDesk, caller: Calling) -> LikenessesView:
    """Compared by name, phone, mail and tax id; of those outside the caller's row scope only the owner is told."""
    found = await queries.customer(desk.store, caller, customer_id)
    shown = [_shown(one, caller) for one in await likely(desk.store, found.state)]
    return LikenessesView(duplicates=shown)


@router.post("/customers/check", summary="Look for duplicates before a customer is entered", dependencies=PEOPLE)
async def check_customer(body: CustomerToCheck, desk: AtDesk, caller: Calling) -> LikenessesView:
    """Whether it is there already, and with whom; nothing is kept of what was asked."""
    now = desk.now()
    asked = Customer(
        customer_id="",
        owner_id=None,
        team_id=None,
        created_at=now,
        graded_since=now,
        owned_since=now,
        recorded_at=now,
        **body.model_dump(),
    )
    return LikenessesView(duplicates=[_shown(one, caller) for one in await likely(desk.store, asked)])


@router.post("/customers/{customer_id}/merge", summary="Merge a customer into another one")
async def merge_customer(
    customer_id: str, body: Merge, desk: AtDesk, runner: AtRunner, asks: Asking, response: Response
) -> SagaView:
    """Its contacts, deals, subsidiaries, visits and follow-ups go over; it stands still until it is unmerged.

    202 means that it goes on by itself; see `GET /sagas/{saga_id}`.
    """
    saved = await handlers.start_merge(
        desk, runner, asks, customer_id, Told(body.version), body.into_customer_id, body.reason
    )
    return answer_saga(saved, response)


@router.post("/customers/{customer_id}/unmerge", summary="Take a merge back")
async def unmerge_customer(
    customer_id: str, body: Unmerge, desk: AtDesk, runner: AtRunner, asks: Asking, response: Response
) -> SagaView:
    """What came along and is still there comes back; what was added since stays where it was added."""
    saved = await handlers.start_unmerge(desk, runner, asks, customer_id, Told(body.version), body.reason)
    return answer_saga(saved, response)


def _shown(one: Likeness, caller: Calling) -> LikenessView:
    other = one.customer
    visible = caller.may_see(other.owner_id, other.team_id, other.group_ids)
    return LikenessView(
        score=one.match.score,
        exact=one.match.exact,
        reasons=list(one.match.reasons),
        visible=visible,
        customer_id=other.customer_id if visible else None,
        name=other.name if visible else None,
        owner_id=other.owner_id,
    )
