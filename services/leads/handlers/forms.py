"""What can be done with web forms."""

from dataclasses import replace

from backbone.outbox import Saved
from backbone.problems import NotFound
from backbone.rows import to_change
from backbone.web import Asks
from services.leads.desk import Desk
from services.leads.domain.form import Form, check_form, new_token


async def make_form(desk: Desk, asks: Asks, form: Form) -> Saved[Form]:
    """Make a form.

    Raises:
        Refused: it cannot work.
    """
    return await desk.store.forms.create(form.form_id, check_form(form), [], at=desk.now(), by=asks.by)


async def change_form(desk: Desk, asks: Asks, version: int, form: Form) -> Saved[Form]:
    """Change a form; its token stays.

    Raises:
        NotFound: there is no such form.
        Conflict: it has another version by now.
        Refused: it cannot work.
    """
    found = await to_change(desk.store.forms, asks, form.form_id, version)
    if found.replayed:
        return found
    changed = check_form(replace(form, token=found.state.token))
    return await desk.store.forms.change(found, changed, [], at=desk.now(), by=asks.by)


async def renew_token(desk: Desk, asks: Asks, form_id: str, version: int) -> Saved[Form]:
    """Give a form another token; pages that send the old one are refused from now on.

    Raises:
        NotFound: there is no such form.
        Conflict: it has another version by now.
    """
    found = await to_change(desk.store.forms, asks, form_id, version)
    if found.replayed:
        return found
    renewed = replace(found.state, token=new_token())
    return await desk.store.forms.change(found, renewed, [], at=desk.now(), by=asks.by)


async def form_of_token(desk: Desk, token: str) -> Form:
    """The open form a page means.

    Raises:
        NotFound: there is none, or it takes nothing any more.
    """
    rows = desk.store.forms
    found = await rows.collection.find_one({"state.token": token})
    if found is None or not found["state"]["open"]:
        raise NotFound("open form", token)
    return rows.read(found).state
