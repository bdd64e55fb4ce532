"""Telling our own page from a stranger's: the check behind every change made by cookie.

A browser attaches the cookie to whatever any page makes it send, so a change by
cookie must also say that our page asked for it (OWASP, "Cross-Site Request
Forgery Prevention": Fetch Metadata, with the Origin header as fallback).
"""

from typing import Final
from urllib.parse import urlsplit

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_PAGE: Final = "same-origin"


def asked_by_own_page(host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Whether the browser says that the request comes from a page of this very address.

    Args:
        host: the request's Host header.
        origin: its Origin header.
        fetch_site: its Sec-Fetch-Site header. `same-site` is not enough: another
            port of one machine is the same site.
    """
    if fetch_site is not None:
        return fetch_site == OWN_PAGE
    return origin is not None and host != "" and urlsplit(origin).netloc.lower() == host.lower()


def asked_by_stranger(host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Whether the browser says that another page asks; false when there is no browser that could say."""
    told = origin is not None or fetch_site not in (None, "none")
    return told and not asked_by_own_page(host, origin, fetch_site)
