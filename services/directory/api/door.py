"""What every route of the directory takes."""

import hashlib
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from backbone.auth import allowed
from backbone.callers import Role
from services.directory.desk import Desk


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]

ADMINS: Final = [Depends(allowed())]
PEOPLE: Final = [Depends(allowed(Role.MANAGER, Role.REP, Role.SERVICE, Role.FINANCE, Role.VIEWER, Role.CLOCK))]
"""Everybody but machines that only publish."""


def tagged(request: Request, whole: BaseModel) -> Response:
    """A whole list with its ETag; 304 without a body when the caller has it already (RFC 9110, 13.1.2)."""
    body = whole.model_dump_json().encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    known = {name.strip().removeprefix("W/") for name in request.headers.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
