"""Web forms for complaints: made and withdrawn by an admin, used by whoever has a page with the form's token."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from backbone.contract.ids import new_event_id
from backbone.idempotency import Attempt, By
from backbone.outbox import Saved
from backbone.rows import to_change
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import complaint_form as forms
from services.activities.domain.complaint_form import ComplaintForm
from services.activities.domain.story import Complaint, Reporter
from services.activities.domain.survey import hash_of
from services.activities.handlers.opening import open_by_form
from services.activities.queries import complaint_forms as queries

HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class MadeForm:
    """A form and its token, which is told this once; None when a retry asked again."""

    saved: Saved[ComplaintForm]
    token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What somebody wrote into a form."""

    words: str
    reporter: Reporter
    customer_id: str | None = None
    product_id: str | None = None
    summary_code: str | None = None


async def make_form(
    desk: Desk,
    asks: Asks,
    *,
    label: str,
    channel: str,
    product_id: str | None,
    territory: str | None,
    most_an_hour: int,
) -> MadeForm:
    """Add a form and make its token."""
    token = secrets.token_urlsafe(32)
    form = ComplaintForm(
        complaint_form_id=new_event_id(),
        label=label,
        channel=channel,
        product_id=product_id,
        territory=territory,
        most_an_hour=most_an_hour,
        token_hash=hash_of(token),
        created_at=desk.now(),
    )
    saved = await desk.store.forms.create(form.complaint_form_id, form, [], at=form.created_at, by=asks.by)
    return MadeForm(saved, None if saved.replayed else token)


async def withdraw_form(desk: Desk, asks: Asks, complaint_form_id: str, version: int) -> Saved[ComplaintForm]:
    """Let a form take nothing more.

    Raises:
        Conflict: it has another version by now.
    """
    found = await to_change(desk.store.forms, asks, complaint_form_id, version)
    if found.replayed:
        return found
    return await desk.store.forms.change(found, forms.withdraw_form(found.state), [], at=desk.now(), by=asks.by)


async def send_form(desk: Desk, token: str, sent: Sent, request_id: str, attempt: Attempt | None) -> Saved[Complaint]:
    """Take what somebody wrote into a form as a complaint.

    Raises:
        NotFound: no form in use has this token.
        Refused: it has taken all it may within this hour.
    """
    form = await queries.form_behind(desk.store, token)
    now = desk.now()
    forms.check_open(form, await queries.came_by(desk.store, form.complaint_form_id, now - HOUR))
    complaint = Complaint(
        complaint_id=new_event_id(),
        owner_id=None,
        team_id=None,
        customer_id=sent.customer_id,
        product_id=sent.product_id or form.product_id,
        channel=form.channel,
        summary_code=sent.summary_code,
        territory=form.territory,
        reporter=sent.reporter,
        words=sent.words,
        form_id=form.complaint_form_id,
        opened_at=now,
        since=now,
        owned_since=now,
        recorded_at=now,
    )
    by = By(f"form:{form.complaint_form_id}", request_id, attempt=attempt)
    return await open_by_form(desk, by, complaint)
