"""The HTTP door of the gateway, a module a noun; `front` last, since its routes take every other path."""

from fastapi import APIRouter, Depends

from services.gateway.api import dead_letters, events, front, session
from services.gateway.api.door import from_outside

_door = APIRouter(dependencies=[Depends(from_outside)])
for _noun in (events, dead_letters, session, front):
    _door.include_router(_noun.router)

routers = [_door]
