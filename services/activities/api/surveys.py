"""Satisfaction surveys over HTTP, for those who ask; the customer's own page is in `rating`."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, view_of
from backbone.contract.fields import Id
from backbone.listing import EXPORTS, Asked, Listing, views
from backbone.paging import Page
from backbone.problems import Refused
from backbone.web import Asking, Calling
from services.activities.api.door import AtDesk
from services.activities.handlers import surveys as handlers
from services.activities.handlers.surveys import Invitation
from services.activities.queries import surveys as queries

router = APIRouter(prefix="/surveys", tags=["surveys"])

SURVEYS: Final = Listing(
    "surveys",
    order={"asked_at": datetime, "expires_at": datetime, "rated_at": datetime, "score": int},
    equal={
        "owner_id": str,
        "team_id": str,
        "complaint_id": str,
        "visit_id": str,
        "customer_id": str,
        "of_member_id": str,
    },
)

PAGE: Final = "/api/activities/rate/"
"""Where the gateway leads to the page of a link."""

Days = Annotated[int, Field(ge=1, le=366)]


class SurveyToAsk(Body):
    """About what the customer is asked: either a complaint or a visit."""

    complaint_id: Id | None = None
    visit_id: Id | None = None
    expires_in_days: Days = Field(30, description="How long the link works.")


class SurveyToRenew(Change):
    """Ask again by a new link."""

    expires_in_days: Days = Field(30, description="How long the new link works.")


class SurveyView(BaseModel):
    """A survey without its link."""

    survey_id: str
    version: int = Field(description="Name it when you renew the link.")
    owner_id: str | None
    team_id: str | None
    complaint_id: str | None
    visit_id: str | None
    customer_id: str | None
    of_member_id: str | None
    asked_at: datetime
    expires_at: datetime
    times_sent: int
    score: int | None = Field(description="1 (worst) to 5 (best); null until the customer answered.")
    comment: str | None = Field(description="The customer's words; gone when the reporter is erased.")
    rated_at: datetime | None


class AskedSurvey(SurveyView):
    """A survey whose link was just made."""

    path: str | None = Field(
        description="Path of the page at the gateway, to be sent to the customer; in this answer and nowhere else. "
        "Null when a retry asked for it again: then renew the link."
    )


@router.post("", status_code=201, summary="Ask a customer for his mark")
async def ask_customer(body: SurveyToAsk, desk: AtDesk, asks: Asking, response: Response) -> AskedSurvey:
    """Makes a link that opens a page without a login and takes one answer. Once a visit, once a solution."""
    if (body.complaint_id is None) == (body.visit_id is None):
        raise Refused("one-subject", "Name either complaint_id or visit_id.", field="/complaint_id")
    lifetime = timedelta(days=body.expires_in_days)
    if body.complaint_id is not None:
        return _asked(await handlers.ask_about_complaint(desk, asks, body.complaint_id, lifetime), response)
    return _asked(await handlers.ask_about_visit(desk, asks, body.visit_id or "", lifetime), response)


@router.get("", summary="List surveys", response_model=Page[SurveyView], responses=EXPORTS)
async def list_surveys(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(SURVEYS)]
) -> Page[SurveyView] | Response:
    """Surveys in the caller's row scope, newest first."""
    return await views(asked, queries.surveys(desk.store, caller), SurveyView)


@router.get("/{survey_id}", summary="Read a survey")
async def read_survey(survey_id: str, desk: AtDesk, caller: Calling) -> SurveyView:
    """One survey in the caller's row scope, with the answer when there is one."""
    return view_of(SurveyView, await queries.survey(desk.store, caller, survey_id))


@router.post("/{survey_id}/renew", summary="Make a new link")
async def renew_survey(
    survey_id: str, body: SurveyToRenew, desk: AtDesk, asks: Asking, response: Response
) -> AskedSurvey:
    """The link before opens nothing any more; one that was answered gets none."""
    lifetime = timedelta(days=body.expires_in_days)
    return _asked(await handlers.ask_again(desk, asks, survey_id, body.version, lifetime), response)


def _asked(asked: Invitation, response: Response) -> AskedSurvey:
    response.headers["cache-control"] = "no-store"
    view = view_of(SurveyView, asked.saved, response)
    return AskedSurvey(**view.model_dump(), path=None if asked.token is None else f"{PAGE}{asked.token}")
