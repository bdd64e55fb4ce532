"""Web forms over HTTP: what admins do with them; the door that pages send to is `submissions`."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, view_of
from backbone.contract.fields import Code, Id, Text
from backbone.contract.ids import new_event_id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking, Calling
from services.leads import queries
from services.leads.api.door import ADMINS, AtDesk
from services.leads.domain.form import HONEYPOT, Form, new_token
from services.leads.handlers import forms

router = APIRouter(prefix="/forms", tags=["forms"], dependencies=ADMINS)

FORMS: Final = Listing("forms", order={}, equal={"open": bool})


class FormShape(Body):
    """What a form is like."""

    name: Text = Field(examples=["Home page"])
    open: bool = Field(True, description="Whether it takes anything.")
    channel: Code = Field("web", description="What its leads carry.")
    campaign: Code | None = None
    territory: Code | None = None
    product_ids: list[Id] = Field([], max_length=100)
    origins: list[Annotated[str, Field(max_length=200)]] = Field(
        [],
        max_length=20,
        description="Pages that may send by script; empty = any.",
        examples=[["https://www.example.com"]],
    )
    honeypot: Code = Field(HONEYPOT, description="Name of the field no person sees: what fills it in is a robot.")
    per_minute: int = Field(120, ge=1, le=10_000, description="Most submissions a minute.")
    per_minute_each: int = Field(5, ge=1, le=10_000, description="Most submissions a minute of one address.")
    thanks_url: Annotated[str, Field(max_length=500)] | None = Field(
        None, description="Where a browser without script goes afterwards."
    )

    def form(self, form_id: str, token: str) -> Form:
        """The form as the domain has it."""
        told = self.model_dump(exclude={"version"})
        lists = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
        return Form(form_id=form_id, token=token, **{**told, **lists})


class FormChange(Change, FormShape):
    """What a form is like from now on."""


class FormView(BaseModel):
    """A form. Its page sends to `POST /public/forms/{token}`."""

    form_id: str
    version: int
    token: str = Field(description="Stands in the page for everybody to read; it opens nothing else.")
    name: str
    open: bool
    channel: str
    campaign: str | None
    territory: str | None
    product_ids: list[str]
    origins: list[str]
    honeypot: str
    per_minute: int
    per_minute_each: int
    thanks_url: str | None


@router.post("", status_code=201, summary="Make a web form")
async def make_form(body: FormShape, desk: AtDesk, asks: Asking, response: Response) -> FormView:
    """Make a form with a token of its own."""
    form = body.form(new_event_id(), new_token())
    return view_of(FormView, await forms.make_form(desk, asks, form), response)


@router.get("", summary="List web forms", response_model=Page[FormView], responses=EXPORTS)
async def list_forms(asked: Annotated[Asked, Depends(FORMS)], desk: AtDesk) -> Any:
    """Every form, newest first."""
    return await views(asked, queries.forms(desk.store), FormView)


@router.get("/{form_id}", summary="Read a web form")
async def read_form(form_id: str, desk: AtDesk, caller: Calling) -> FormView:
    """One form."""
    return view_of(FormView, await queries.form(desk.store, form_id))


@router.put("/{form_id}", summary="Change a web form")
async def change_form(form_id: str, body: FormChange, desk: AtDesk, asks: Asking, response: Response) -> FormView:
    """Change a form, or close it; the token stays."""
    saved = await forms.change_form(desk, asks, body.version, body.form(form_id, ""))
    return view_of(FormView, saved, response)


@router.post("/{form_id}/token", summary="Renew a form's token")
async def renew_token(form_id: str, body: Change, desk: AtDesk, asks: Asking, response: Response) -> FormView:
    """Give the form another token; pages that send the old one are refused from now on."""
    return view_of(FormView, await forms.renew_token(desk, asks, form_id, body.version), response)
