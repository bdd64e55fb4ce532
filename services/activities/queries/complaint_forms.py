"""Reading web forms for complaints."""

from datetime import datetime

from backbone.outbox import Saved
from backbone.paging import page_of
from backbone.problems import NotFound
from services.activities.domain.complaint_form import ComplaintForm
from services.activities.domain.survey import hash_of
from services.activities.store import Store


async def form_page(
    store: Store, *, active: bool | None, cursor: str | None, limit: int
) -> tuple[list[Saved[ComplaintForm]], str | None]:
    """Forms in use, withdrawn, or both."""
    wanted = {} if active is None else {"state.active": active}
    found, following = await page_of(store.forms.collection, wanted, cursor=cursor, limit=limit)
    return [store.forms.read(document) for document in found], following


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
    wanted = {"state.form_id": form_id, "state.recorded_at": {"$gte": since}}
    return await store.complaints.collection.count_documents(wanted)
