"""What every route of activities takes: the desk it works at."""

from typing import Annotated

from fastapi import Depends, Request

from backbone.bodies import Change
from backbone.contract.fields import Code
from services.activities.desk import Desk


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]


class Voiding(Change):
    """Why something is taken back."""

    reason: Code
