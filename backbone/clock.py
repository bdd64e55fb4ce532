"""The wall clock, in one place so that domain code never reads it."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant in UTC, cut to milliseconds as the document store keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00Z of an aware instant."""
    return round(at.timestamp() * 1000)


def from_epoch_ms(milliseconds: int) -> datetime:
    """The UTC instant of `epoch_ms`."""
    seconds, rest = divmod(milliseconds, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)
