"""What every route of the notifier takes."""

from typing import Annotated, Final

from fastapi import Depends, Request

from backbone.auth import COOKIE, allowed
from backbone.callers import Role, key_hash
from services.notifier.desk import Desk


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


async def _shown_key(request: Request) -> str:
    """The hash of the key the request came with, which `backbone.auth.authenticated` has found valid."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    return key_hash(shown.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE, ""))


AtDesk = Annotated[Desk, Depends(_desk)]
KeyHash = Annotated[str, Depends(_shown_key)]

READERS: Final = [Depends(allowed(Role.MANAGER, Role.REP, Role.SERVICE, Role.FINANCE, Role.VIEWER, Role.CLOCK))]
WRITERS: Final = [Depends(allowed(Role.MANAGER, Role.REP, Role.SERVICE, Role.FINANCE))]
