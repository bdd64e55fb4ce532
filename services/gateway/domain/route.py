"""Which paths behind the door can be reached from outside."""

from typing import Final
from urllib.parse import quote

SERVICES: Final = ("directory", "leads", "customers", "activities", "analytics", "notifier")
INTERNAL: Final = frozenset(
    {"customers/lookup", "handovers", "keys/verify", "members/lookup", "members/roster", "metrics"}
)
"""Spoken between services only, with all that lies below them."""


def target_path(path: str) -> str | None:
    """The path at the service for the part after `/api/<service>/`, or None when it leads nowhere from outside.

    A path is taken as the services' routers take it: decoded. One that could be
    read in two ways (empty or dotted segments) leads nowhere.
    """
    inner = path.removesuffix("/")
    if any(inner == internal or inner.startswith(f"{internal}/") for internal in INTERNAL):
        return None
    if inner and any(segment in ("", ".", "..") for segment in inner.split("/")):
        return None
    return "/" + quote(path, safe="/:@!$&'()*+,;=-._~")
