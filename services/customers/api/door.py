"""What every route of customers takes: the desk it works at."""

from typing import Annotated

from fastapi import Depends, Request

from services.customers.desk import Desk


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]
