"""The HTTP door of the gateway, a module a noun; `front` last, since its routes take every other path."""

from services.gateway.api import dead_letters, events, front, session

routers = [events.router, dead_letters.router, session.router, front.router]
