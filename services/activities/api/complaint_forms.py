"""Web forms for complaints over HTTP: made by an admin, used by whoever sees the page they stand on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field, ValidationError

from backbone.auth import allowed
from backbone.bodies import Body, Change, view_of
from backbone.contract.fields import Code, Id, Text
from backbone.idempotency import Attempt, fingerprint
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.web import Asking
from services.activities import pages
from services.activities.api.complaints import ReporterBody, Words
from services.activities.api.door import AtDesk
from services.activities.handlers import complaint_forms as handlers
from services.activities.handlers.complaint_forms import Sent
from services.activities.queries import complaint_forms as queries

router = APIRouter(prefix="/complaint-forms", tags=["complaint forms"])

FORMS: Final = Listing(
    "complaint-forms",
    order={"created_at": datetime, "label": str},
    equal={"channel": str, "product_id": str, "active": bool},
)
ADMINS: Final = [Depends(allowed())]
FORM: Final = "application/x-www-form-urlencoded"


class FormToMake(Body):
    """Where the form stands, and what its complaints are about."""

    label: Text = Field(examples=["Support page"])
    channel: Code = Field("web", description="Channel of the complaints that come by it.")
    product_id: Id | None = None
    territory: Code | None = None
    most_an_hour: Annotated[int, Field(ge=1, le=100_000)] = Field(
        100, description="How many complaints it takes within an hour: the token stands in a page's source."
    )


class FormView(BaseModel):
    """A form without its token."""

    complaint_form_id: str
    version: int = Field(description="Name it when you withdraw the form.")
    label: str
    channel: str
    product_id: str | None
    territory: str | None
    most_an_hour: int
    active: bool
    created_at: datetime


class MadeForm(FormView):
    """A form that was just made."""

    path: str | None = Field(
        description="Where the page sends the form, at the gateway; in this answer and nowhere else. "
        "Null when a retry asked for it again."
    )


class WebComplaint(Body):
    """What somebody writes into a form. `website` is a trap for robots: a person leaves it empty."""

    words: Words
    name: Text | None = None
    phone: Annotated[str, Field(pattern=r"^[0-9+() .-]{5,40}$")] | None = None
    mail: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=200)] | None = None
    customer_id: Id | None = None
    product_id: Id | None = None
    summary_code: Code | None = None
    website: Annotated[str, Field(max_length=0)] | None = None


class TakenComplaint(BaseModel):
    """The number to ask by."""

    complaint_id: str


@router.post("", status_code=201, summary="Make a web form", dependencies=ADMINS)
async def make_form(body: FormToMake, desk: AtDesk, asks: Asking, response: Response) -> MadeForm:
    """For admins. Put the path into the `action` of a form on your own page, with the method `post`."""
    made = await handlers.make_form(desk, asks, **body.model_dump())
    response.headers["cache-control"] = "no-store"
    path = None if made.token is None else f"/api/activities/complaint-forms/{made.token}/send"
    return MadeForm(**view_of(FormView, made.saved, response).model_dump(), path=path)


@router.get("", summary="List web forms", dependencies=ADMINS, response_model=Page[FormView], responses=EXPORTS)
async def list_forms(desk: AtDesk, asked: Annotated[Asked, Depends(FORMS)]) -> Page[FormView] | Response:
    """Every form without its token; for admins."""
    return await views(asked, queries.forms(desk.store), FormView)


@router.post("/{complaint_form_id}/withdraw", summary="Withdraw a web form", dependencies=ADMINS)
async def withdraw_form(
    complaint_form_id: str, body: Change, desk: AtDesk, asks: Asking, response: Response
) -> FormView:
    """It takes nothing more; for admins."""
    return view_of(FormView, await handlers.withdraw_form(desk, asks, complaint_form_id, body.version), response)


@router.post(
    "/{token}/send",
    status_code=201,
    summary="Send a complaint by a web form",
    response_model=TakenComplaint,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": WebComplaint.model_json_schema()} for kind in ("application/json", FORM)},
        }
    },
)
async def send_form(
    token: str,
    request: Request,
    desk: AtDesk,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=128)] = None,
) -> Response | TakenComplaint:
    """No login: the token is enough. JSON is answered with JSON, a browser's form with a page.

    What a form may take within an hour is bounded; beyond it the answer is 429.
    """
    by_browser = request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
    told = _read(await request.body(), by_browser=by_browser)
    attempt = None
    if idempotency_key is not None:
        print_ = fingerprint(request.method, request.url.path, await request.body())
        attempt = Attempt(idempotency_key, print_)
    saved = await handlers.send_form(desk, token, _sent(told), request.state.request_id, attempt)
    if by_browser:
        language = pages.language_of(request.headers.get("accept-language", ""))
        return HTMLResponse(pages.complaint_taken(language, saved.id), 201, pages.HEADERS)
    return TakenComplaint(complaint_id=saved.id)


def _read(body: bytes, *, by_browser: bool) -> WebComplaint:
    try:
        if by_browser:
            text = body.decode("utf-8", "replace")
            fields: Mapping[str, Any] = {name: value for name, value in parse_qsl(text, max_num_fields=50) if value}
            return WebComplaint.model_validate(fields)
        return WebComplaint.model_validate_json(body)
    except ValidationError as wrong:
        raise RequestValidationError(
            [{**error, "loc": ("body", *error["loc"])} for error in wrong.errors(include_url=False)]
        ) from wrong
    except ValueError as wrong:
        raise RequestValidationError(
            [{"type": "value_error", "loc": ("body",), "msg": "Send fewer fields", "input": None}]
        ) from wrong


def _sent(told: WebComplaint) -> Sent:
    reporter = ReporterBody(name=told.name, phone=told.phone, mail=told.mail).reporter()
    return Sent(
        words=told.words,
        reporter=reporter,
        customer_id=told.customer_id,
        product_id=told.product_id,
        summary_code=told.summary_code,
    )
