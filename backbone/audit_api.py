"""`GET /audit`: who did what for whom, in every service in one way."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from backbone.auth import authenticated
from backbone.books import Book
from backbone.callers import Caller
from backbone.contract.fields import Moment
from backbone.keyset import AT_ONCE, Place, closed, opened
from backbone.mongo import Document
from backbone.paging import Cursor, Limit, Page
from backbone.sheets import SHEETS, Format, Sheet, sheet_response
from backbone.trail import LATEST_FIRST, Question, audit_page

router = APIRouter(tags=["audit"])

Subject = Annotated[str | None, Query(max_length=300, description="Only what happened to the object of this id.")]


class FieldChange(BaseModel):
    """One field that changed."""

    field: str = Field(description="JSON pointer into the object.", examples=["/owner_id", "/contact/phone"])
    before: Any = Field(None, description="Null when there was nothing.")
    after: Any = Field(None, description="Null when there is nothing any more.")
    withheld: bool = Field(
        False, description="It holds a person's data or a secret: that it changed is all that is told."
    )


class Entry(BaseModel):
    """One change of one object."""

    noun: str = Field(description="What was changed.", examples=["lead", "follow up"])
    subject: str = Field(description="Its id.")
    version: int = Field(description="Its version after the change.")
    at: datetime = Field(description="When the platform took the change.")
    happened_at: datetime = Field(description="When it happened, as it was told.")
    actor: str = Field(description="Who did it: a member, `key:<key id>`, `service:<name>` or an outside system.")
    on_behalf_of: str | None = Field(description="The member a deputy stood in for.")
    request_id: str = Field(description="The request it was done in; one request may change several objects.")
    cause: str | None = Field(description="The event that caused it.")
    imported: str | None = Field(description="The import that brought it.")
    did: list[str] = Field(description="The events it gave; `made` or `changed` when it gave none.")
    changes: list[FieldChange] = Field(
        description="Fields before and after; of a new object those that hold something."
    )


@router.get("/audit", summary="Who did what for whom", response_model=Page[Entry], responses=SHEETS)
async def list_audit(
    request: Request,
    caller: Annotated[Caller, Depends(authenticated)],
    subject: Annotated[
        str | None, Query(max_length=300, description="Only what happened to the object of this id.")
    ] = None,
    actor: Annotated[str | None, Query(max_length=300, description="Only what this member or key did.")] = None,
    noun: Annotated[str | None, Query(max_length=60, description="Only objects of this kind, such as `lead`.")] = None,
    request_id: Annotated[str | None, Query(max_length=300, description="Only what was done in this request.")] = None,
    since: Annotated[Moment | None, Query(alias="from", description="Only from this moment on.")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="Only before this moment.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    shape: Annotated[Format, Query(alias="format", description="`csv` or `xlsx`: all entries as a sheet.")] = "json",
) -> Page[Entry] | Response:
    """Every change, the latest first, of the objects the caller may see; an entry follows its change within a second.

    Name a `subject` to see all that ever happened to it. A page may hold fewer than `limit` although `next` tells of
    more: what is out of the caller's sight is left out.
    """
    books: Sequence[Book] = getattr(request.app.state, "books", ())
    question = Question(subject=subject, actor=actor, noun=noun, request=request_id, since=since, until=until)
    if shape != "json":
        await audit_page(books, caller, question, after=None, limit=1)  # what is refused is refused before it begins
        sheet = Sheet("audit", Entry, request.app.state.settings.zone)
        return await sheet_response(sheet, shape, _all(books, caller, question))
    after = None if cursor is None else opened(LATEST_FIRST, cursor)
    found, following = await audit_page(books, caller, question, after=after, limit=limit)
    following_cursor = None if following is None else closed(LATEST_FIRST, following)
    return Page(items=[_entry(row) for row in found], next=following_cursor)


async def _all(books: Sequence[Book], caller: Caller, question: Question) -> AsyncIterator[list[Entry]]:
    after: Place | None = None
    while True:
        found, after = await audit_page(books, caller, question, after=after, limit=AT_ONCE)
        yield [_entry(row) for row in found]
        if after is None:
            return


def _entry(row: Document) -> Entry:
    before, after = row.get("before", {}), row.get("after", {})
    told = [
        FieldChange(field=f"/{path}", before=before.get(path), after=after.get(path)) for path in {**before, **after}
    ]
    kept = [FieldChange(field=f"/{path}", withheld=True) for path in row.get("withheld", ())]
    return Entry(
        noun=row["noun"],
        subject=row["of"],
        version=row["v"],
        at=row["at"],
        happened_at=row["happened_at"],
        actor=row["actor"],
        on_behalf_of=row.get("for"),
        request_id=row["request"],
        cause=row.get("cause"),
        imported=row.get("imported"),
        did=row["did"],
        changes=sorted([*told, *kept], key=lambda change: change.field),
    )
