"""Reading web forms for complaints."""

from datetime import datetime

from backbone.listing import STATE, Rows
from backbone.outbox import Saved
from backbone.problems import NotFound
from services.activities.domain.complaint_form import ComplaintForm
from services.activities.domain.finding import form_key
from services.activities.domain.survey import hash_of
from services.activities.store import Store


def forms(store: Store) -> Rows[Saved[ComplaintForm]]:
    """Every form, in use or withdrawn."""
    return Rows(store.forms.collection, {}, store.forms.read, STATE)


async def form_behind(store: Store, token: str) -> ComplaintForm:
    """The form in use that has this token.

    Raises:
        NotFound: there is none.
    """
    found = await store.forms.collection.find_one({"state.token_hash": hash_of(token)})
    form = None if found is None else store.forms.read(found).state
    if form is None or not form.active:
        raise NotFound("form", "of this token")
    return form


async def came_by(store: Store, form_id: str, since: datetime) -> int:
    """How many complaints a form has brought since a moment."""
    wanted = {"keys": form_key(form_id), "state.recorded_at": {"$gte": since}}
    return await store.complaints.collection.count_documents(wanted)
