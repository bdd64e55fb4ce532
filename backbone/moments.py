"""Moments that people report: a phone may tell hours late, but never of what is still to come."""

from datetime import datetime, timedelta
from typing import Final

from backbone.problems import Refused

FUTURE_TOLERANCE: Final = timedelta(minutes=5)
"""A phone's clock may be this far ahead (the catalogue's rule for event times)."""


def told_at(at: datetime | None, now: datetime) -> datetime:
    """When something happened: as told, now when nothing was told, and now by a clock that runs a little ahead.

    So whatever is stored lies in the past, and what follows "now" never comes before it.
    """
    return now if at is None or now < at <= now + FUTURE_TOLERANCE else at


def check_happened(at: datetime, now: datetime, *, field: str = "/at") -> None:
    """Refuse a moment that has not come yet.

    Args:
        at: when something is said to have happened.
        now: the present instant.
        field: where the request named the moment.

    Raises:
        Refused: it lies more than `FUTURE_TOLERANCE` ahead.
    """
    if at > now + FUTURE_TOLERANCE:
        raise Refused("future-time", "This moment lies in the future; report it when it is over.", field=field)


def check_not_before(at: datetime, earliest: datetime, what: str, *, field: str = "/at") -> None:
    """Refuse a moment before one that must come first.

    Args:
        at: when something is said to have happened.
        earliest: the first moment possible.
        what: the earlier thing, as in "the complaint was opened".
        field: where the request named the moment.

    Raises:
        Refused: `at` lies before `earliest`.
    """
    if at < earliest:
        raise Refused("too-early", f"This moment lies before {what} ({earliest.isoformat()}).", field=field)
