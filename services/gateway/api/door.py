"""What the routes of the gateway take."""

from typing import Annotated, Any, Final

from fastapi import Depends, Request

from backbone.auth import COOKIE
from backbone.callers import key_hash
from backbone.problems import Forbidden, Unauthorized
from backbone.siblings import platform_hashes
from services.gateway.domain import submission
from services.gateway.domain.origin import SAFE_METHODS, asked_by_own_page
from services.gateway.domain.submission import Submission, take_apart
from services.gateway.handlers import Desk

EVENT: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "id": "019ca9a1-5e40-7abc-8def-0123456789ab",
    "source": "urn:example:crm",
    "type": "visit-logged",
    "subject": "v-5001",
    "time": "2026-03-02T10:24:00+08:00",
    "partitionkey": "m-017",
    "dataschema": "urn:drumbeat:visit-logged:1",
    "data": {
        "visit_id": "v-5001",
        "member_id": "m-017",
        "owner_id": "m-017",
        "team_id": "t-shanghai",
        "customer_id": "c-0042",
        "started_at": "2026-03-02T09:31:00+08:00",
        "ended_at": "2026-03-02T10:24:00+08:00",
    },
}
EVENT_BODY: Final[dict[str, Any]] = {
    "content": {
        submission.ONE: {"schema": {"type": "object"}, "example": EVENT},
        submission.BATCH: {
            "schema": {"type": "array", "items": {"type": "object"}, "maxItems": submission.MOST_EVENTS},
            "example": [EVENT],
        },
        submission.JSON: {"schema": {}, "example": EVENT["data"]},
    },
    "required": True,
}
"""How OpenAPI shows a body of events; what each event holds is in docs/events.md."""


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]


async def from_outside(request: Request) -> None:
    """FastAPI dependency of everything at the door: the key by which services call each other opens nothing here.

    Raises:
        Unauthorized: it was shown.
    """
    ours = platform_hashes(request.app.state.settings.platform_key)
    shown = (request.headers.get("authorization", "").partition(" ")[2].strip(), request.cookies.get(COOKIE, ""))
    if any(key_hash(key) in ours for key in shown if key):
        raise Unauthorized("bad-key", "This API key is not known or was withdrawn; ask an admin.")


async def by_own_page(request: Request) -> None:
    """FastAPI dependency: a change by cookie must come from our own page.

    Raises:
        Forbidden: another page asks, or the browser does not say which.
    """
    if request.method in SAFE_METHODS or COOKIE not in request.cookies or _shows_key(request):
        return
    headers = request.headers
    if not asked_by_own_page(headers.get("host", ""), headers.get("origin"), headers.get("sec-fetch-site")):
        raise Forbidden("cross-site", "A change by cookie must come from this page itself; send the key as a header.")


def _shows_key(request: Request) -> bool:
    return request.headers.get("authorization", "").partition(" ")[0].lower() == "bearer"


async def submitted(request: Request) -> submission.Request:
    """The events in the body of a request.

    Raises:
        Unparsable, TooMany, UnknownFormat: see `take_apart`.
    """
    return take_apart(
        await request.body(), [(name.decode("latin-1").lower(), value) for name, value in request.headers.raw]
    )


async def one_submitted(request: Request) -> Submission | None:
    """The event in the body; None when the body is empty.

    Raises:
        Unparsable: several events.
    """
    if not await request.body():
        return None
    found = await submitted(request)
    if len(found.events) != 1:
        raise submission.Unparsable("one-event", "Send one event.")
    return found.events[0]
