"""Where web pages send what visitors leave: no key, a form's public token instead.

By script from another origin (CORS, the Fetch standard: no credentials, an origin the form allows) or as a plain
HTML form without any script. The answer never says whether somebody was known.
"""

import json
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from backbone.answers import FieldError, answer
from backbone.contract.fields import Id, Text
from backbone.contract.ids import new_event_id
from backbone.idempotency import Attempt, By, fingerprint
from backbone.problems import Forbidden, Problem, Refused
from services.leads.api.door import AtDesk, LongText, Mail, Phone
from services.leads.desk import Desk
from services.leads.domain.form import Form, TooOften, may_send
from services.leads.domain.lead import Contact, Lead
from services.leads.domain.replay import nobody
from services.leads.handlers import capture, forms

router = APIRouter(prefix="/public/forms", tags=["forms"])

MOST_BYTES: Final = 32 * 1024
FORM_ENCODED: Final = "application/x-www-form-urlencoded"
KEY_HEADER: Final = "idempotency-key"
MOST_KEY: Final = 128


class Submission(BaseModel):
    """What a visitor left; fields nobody knows (a page's own) are passed over."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    name: Text = Field(description="Of the person.")
    phone: Phone | None = None
    mail: Mail | None = None
    company_name: Text | None = None
    message: LongText | None = Field(None, description="It stays here and is shown to the lead's owner.")
    product_id: Id | None = None

    @model_validator(mode="before")
    @classmethod
    def _empty_is_nothing(cls, told: Any) -> Any:
        # A browser sends the fields nobody filled in as empty text.
        return {name: value for name, value in told.items() if value != ""} if isinstance(told, Mapping) else told

    @model_validator(mode="after")
    def _can_be_reached(self) -> "Submission":
        if self.phone is None and self.mail is None:
            raise ValueError("leave a phone number or a mail address")
        return self


class Taken(BaseModel):
    """The answer to whatever a form sends."""

    taken: bool = True


BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": Submission.model_json_schema()} for kind in ("application/json", FORM_ENCODED)},
    }
}


@router.options("/{token}", summary="May this page send?", status_code=204, response_class=Response)
async def may_page_send(token: str, request: Request, desk: AtDesk) -> Response:
    """What a browser asks before it lets a script send from another origin."""
    form = await forms.form_of_token(desk, token)
    if not may_send(form, request.headers.get("origin")):
        raise Forbidden("wrong-origin", "This form does not take anything from that page; add its origin to the form.")
    return Response(status_code=204, headers=_cors(request))


@router.post(
    "/{token}",
    status_code=202,
    summary="Leave word",
    response_model=Taken,
    openapi_extra=BODY,
    responses={303: {"description": "To the form's address of thanks, for a plain HTML form."}},
)
async def submit(token: str, request: Request, desk: AtDesk) -> Response:
    """Take in what a visitor left, as JSON or as a plain HTML form sends it. It needs no key.

    Whoever is known already is noted with the lead there is. What fills in the field no person sees is answered
    alike and thrown away. Too many in a minute are answered with 429.
    """
    try:
        form = await forms.form_of_token(desk, token)
        if not may_send(form, request.headers.get("origin")):
            raise Forbidden("wrong-origin", "This form does not take anything from that page.")
        if (wait := desk.bounds.take(form, _address(request), time.monotonic())) is not None:
            raise TooOften(wait)
        told = await _told(request)
        if not told.get(form.honeypot):
            submission = Submission.model_validate(told)
            lead = _lead(desk, form, submission)
            await capture.take_from_form(desk, await _by(request, form), lead)
    except ValidationError as invalid:
        errors = [FieldError(field=_pointer(error["loc"]), detail=error["msg"]) for error in invalid.errors()]
        detail = f"{errors[0].field}: {errors[0].detail}"
        return answer(request, 422, "invalid-request", "The request is not valid", detail, errors, _cors(request))
    except Problem as problem:
        later = {"retry-after": str(problem.seconds)} if isinstance(problem, TooOften) else {}
        return answer(
            request, problem.status, problem.code, problem.title, problem.detail, [], {**_cors(request), **later}
        )
    if form.thanks_url is not None and _content_type(request) == FORM_ENCODED:
        return RedirectResponse(form.thanks_url, status_code=303, headers=_cors(request))
    return JSONResponse(Taken().model_dump(), status_code=202, headers=_cors(request))


async def _told(request: Request) -> dict[str, Any]:
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise Refused("too-large", f"A form may send {MOST_BYTES} bytes at most.")
    try:
        told = (
            dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100))
            if _content_type(request) == FORM_ENCODED
            else json.loads(body)
        )
    except (ValueError, RecursionError) as broken:
        raise Refused("unreadable", "Send a JSON object, or what an HTML form sends.") from broken
    if not isinstance(told, dict):
        raise Refused("unreadable", "Send a JSON object, or what an HTML form sends.")
    return told


def _lead(desk: Desk, form: Form, submission: Submission) -> Lead:
    now = desk.now()
    undecided = bool(desk.rules.rules)
    product_ids = (*form.product_ids, *((submission.product_id,) if submission.product_id else ()))
    return Lead(
        lead_id=new_event_id(),
        owner_id=None,
        team_id=None,
        channel=form.channel,
        campaign=form.campaign,
        territory=form.territory,
        product_ids=tuple(dict.fromkeys(product_ids)),
        company_name=submission.company_name,
        note=submission.message,
        contact=Contact(contact_id=new_event_id(), name=submission.name, phone=submission.phone, mail=submission.mail),
        form_id=form.form_id,
        undecided=undecided,
        decision=None if undecided else nobody(0, None),
        created_at=now,
        recorded_at=now,
    )


async def _by(request: Request, form: Form) -> By:
    key = request.headers.get(KEY_HEADER, "")[:MOST_KEY]
    attempt = Attempt(key, fingerprint("POST", request.url.path, await request.body())) if key else None
    return By(actor=f"form:{form.form_id}", request_id=request.state.request_id, attempt=attempt)


def _address(request: Request) -> str:
    """Who sends, as the gateway or the connection tells; a made-up one escapes only the bound of its address."""
    told = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return told or (request.client.host if request.client is not None else "")


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _cors(request: Request) -> dict[str, str]:
    origin = request.headers.get("origin")
    if origin is None:
        return {}
    # Without access-control-allow-credentials: no cookie and no key is ever sent along.
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": f"content-type, {KEY_HEADER}",
        "access-control-max-age": "600",
        "vary": "origin",
    }


def _pointer(place: tuple[int | str, ...]) -> str:
    return "".join(f"/{part}" for part in place) or "/"
