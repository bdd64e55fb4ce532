"""When a message that was not taken is sent again.

The pauses are those webhook senders have settled on (Svix: 5 s to 10 h, about 28 hours in all). Each is
stretched by up to a fifth by chance, so that a receiver that comes back is not met by everybody at once.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

SCHEDULE_SECONDS: Final = (5.0, 30.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0)
JITTER: Final = 0.2
LONGEST_RETRY_AFTER: Final = timedelta(hours=24)
"""A receiver may ask for a longer pause than ours, but not for ever."""


def pause_after(
    failures: int,
    *,
    chance: float,
    retry_after: timedelta | None = None,
    schedule: Sequence[float] = SCHEDULE_SECONDS,
) -> timedelta | None:
    """How long to wait before the next attempt; None when it is time to give up.

    Args:
        failures: attempts that failed so far, at least 1.
        chance: between 0 and 1, drawn anew each time.
        retry_after: what the receiver asked for; it makes the pause longer, never shorter.
        schedule: pauses in seconds after the first, second, ... failure.
    """
    if failures > len(schedule):
        return None
    own = timedelta(seconds=schedule[failures - 1] * (1 + JITTER * chance))
    return max(own, min(retry_after or own, LONGEST_RETRY_AFTER))


def read_retry_after(text: str | None, now: datetime) -> timedelta | None:
    """The pause in a Retry-After header (RFC 9110, 10.2.3): seconds or a date; None when there is none to read."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        # Nine digits are 31 years; more would not fit into a timedelta.
        return timedelta(seconds=int(text[:9]))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(at - now, timedelta(0))
