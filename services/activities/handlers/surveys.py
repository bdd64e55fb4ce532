"""How customers are asked for their mark, and how it is taken."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from backbone.contract.ids import derived_event_id, new_event_id
from backbone.idempotency import By
from backbone.outbox import Saved
from backbone.problems import Conflict, Refused
from backbone.rows import read_row, row_to_change
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import survey as surveys
from services.activities.domain.story import Complaint
from services.activities.domain.survey import Survey, hash_of
from services.activities.domain.visit import Visit
from services.activities.queries import surveys as queries

CUSTOMER: Final = "customer"
"""What events name as actor: whoever holds the link."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A survey and the token of its link, which is told this once; None when a retry asked again."""

    saved: Saved[Survey]
    token: str | None


async def ask_about_complaint(desk: Desk, asks: Asks, complaint_id: str, lifetime: timedelta) -> Invitation:
    """Ask a customer how his complaint was handled; once for each time it was resolved.

    Raises:
        NotFound: there is no such complaint in the caller's row scope.
        Refused: it is not resolved, or the customer was asked already.
    """
    found = (await read_row(desk.store.complaints, asks.caller, complaint_id)).state
    asks.caller.check_may_change("survey", complaint_id, found.owner_id, found.team_id)
    surveys.check_may_ask(found)
    id_ = derived_event_id("survey", f"{complaint_id}|{found.times_reopened}", found.opened_at)
    return await _ask(desk, asks, id_, lifetime, found, complaint_id=complaint_id, of_member_id=found.owner_id)


async def ask_about_visit(desk: Desk, asks: Asks, visit_id: str, lifetime: timedelta) -> Invitation:
    """Ask a customer how a visit was; once a visit.

    Raises:
        NotFound: there is no such visit in the caller's row scope.
        Refused: it was taken back or still runs, was paid to no customer, or the customer was asked already.
    """
    found = (await read_row(desk.store.visits, asks.caller, visit_id)).state
    asks.caller.check_may_change("survey", visit_id, found.owner_id, found.team_id)
    if found.voided_at is not None or found.ended_at is None or found.customer_id is None:
        raise Refused("no-such-visit", "Ask about a visit to a customer that took place.", field="/visit_id")
    id_ = derived_event_id("survey", visit_id, found.started_at)
    return await _ask(desk, asks, id_, lifetime, found, visit_id=visit_id, of_member_id=found.member_id)


async def ask_again(desk: Desk, asks: Asks, survey_id: str, version: int, lifetime: timedelta) -> Invitation:
    """Give a survey a new link, such as when the one before was lost or has expired."""
    found = await row_to_change(desk.store.surveys, asks, survey_id, version)
    if found.replayed:
        return Invitation(found, None)
    now, token = desk.now(), _new_token()
    state = surveys.renew(found.state, hash_of(token), now, lifetime)
    return Invitation(await desk.store.surveys.change(found, state, [], at=now, by=asks.by), token)


async def rate(desk: Desk, token: str, score: int, comment: str | None) -> Survey:
    """Take the answer of whoever holds the link: of several at once, one is taken.

    Raises:
        NotFound: the link opens nothing.
        Refused: it was answered, or has expired.
    """
    while True:
        found = await queries.survey_behind(desk.store, token)
        now = desk.now()
        state, events = surveys.rate(found.state, score, comment, now)
        try:
            by = By(CUSTOMER, new_event_id())
            return (await desk.store.surveys.change(found, state, events, at=now, by=by)).state
        except Conflict:
            continue  # answered or renewed this moment: what stands there now decides


async def _ask(
    desk: Desk,
    asks: Asks,
    survey_id: str,
    lifetime: timedelta,
    about: Complaint | Visit,
    *,
    of_member_id: str | None,
    complaint_id: str | None = None,
    visit_id: str | None = None,
) -> Invitation:
    now, token = desk.now(), _new_token()
    survey = Survey(
        survey_id=survey_id,
        owner_id=about.owner_id,
        team_id=about.team_id,
        complaint_id=complaint_id,
        visit_id=visit_id,
        customer_id=about.customer_id,
        of_member_id=of_member_id,
        token_hash=hash_of(token),
        asked_at=now,
        expires_at=now + lifetime,
    )
    try:
        saved = await desk.store.surveys.create(survey.survey_id, survey, [], at=survey.asked_at, by=asks.by)
    except Conflict as asked:
        raise Refused(
            "asked-before",
            f"The customer was asked already; give survey {survey.survey_id!r} a new link to ask again.",
        ) from asked
    return Invitation(saved, None if saved.replayed else token)


def _new_token() -> str:
    return secrets.token_urlsafe(32)
