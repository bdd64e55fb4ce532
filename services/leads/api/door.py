"""What the routes of leads take: the desk they work at, and the kinds of values people give."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from pydantic import Field

from backbone.auth import allowed
from backbone.callers import Role
from services.leads.desk import Desk


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]
Phone = Annotated[
    str,
    Field(
        pattern=r"^[+＋]?[0-9０-９(（][0-9０-９ ()（）./-]{2,31}$",
        description="A number without a country code is a Chinese one.",
        examples=["138 0013 8000", "+86 21 5555 0000"],
    ),
]
Mail = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$", examples=["ann@example.com"])]
LongText = Annotated[str, Field(min_length=1, max_length=2_000)]

SELLERS: Final[Sequence[Any]] = [Depends(allowed(Role.MANAGER, Role.REP))]
"""Who works with leads."""
LEADERS: Final[Sequence[Any]] = [Depends(allowed(Role.MANAGER))]
ADMINS: Final[Sequence[Any]] = [Depends(allowed())]
READERS: Final[Sequence[Any]] = [Depends(allowed(Role.MANAGER, Role.REP, Role.SERVICE, Role.FINANCE, Role.VIEWER))]
