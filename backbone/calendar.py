"""Periods: day, ISO week, month, quarter, year and all time, in the organisation's zone.

Rule: an event belongs to the day on which it happened where the organisation
is, whatever offset its time was written with (docs/architecture.md, "Time").
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

Kind = Literal["day", "week", "month", "quarter", "year", "all"]
KINDS: Final[tuple[Kind, ...]] = ("day", "week", "month", "quarter", "year", "all")

_PATTERNS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("day", re.compile(r"(\d{4})-(\d{2})-(\d{2})")),
    ("week", re.compile(r"(\d{4})-W(\d{2})")),
    ("quarter", re.compile(r"(\d{4})-Q([1-4])")),
    ("month", re.compile(r"(\d{4})-(\d{2})")),
    ("year", re.compile(r"(\d{4})")),
)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A run of whole days, `first` to `last` inclusive; `key` is its one written form."""

    first: date
    last: date
    kind: Kind
    key: str

    def holds(self, day: date) -> bool:
        """Whether the day lies in the period."""
        return self.first <= day <= self.last


ALL_TIME: Final = Period(date.min, date.max, "all", "all")


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day of an aware instant in the zone."""
    return instant.astimezone(zone).date()


def period_of(day: date, kind: Kind) -> Period:
    """The period of a kind that a day lies in. Weeks are ISO 8601: Monday first."""
    if kind == "day":
        return Period(day, day, kind, day.isoformat())
    if kind == "week":
        year, week, _ = day.isocalendar()
        first = date.fromisocalendar(year, week, 1)
        return Period(first, first + timedelta(days=6), kind, f"{year:04}-W{week:02}")
    if kind == "month":
        return _months(day.year, day.month, 1, kind, f"{day.year:04}-{day.month:02}")
    if kind == "quarter":
        quarter = (day.month + 2) // 3
        return _months(day.year, 3 * quarter - 2, 3, kind, f"{day.year:04}-Q{quarter}")
    if kind == "year":
        return _months(day.year, 1, 12, kind, f"{day.year:04}")
    return ALL_TIME


def parse_period(text: str) -> Period:
    """Read `all`, `2017`, `2017-Q4`, `2017-12`, `2017-W49` or `2017-12-05`.

    Raises:
        ValueError: the text names no period; the message says what would.
    """
    if text == "all":
        return ALL_TIME
    for kind, pattern in _PATTERNS:
        if match := pattern.fullmatch(text):
            try:
                return period_of(_first_day(kind, [int(part) for part in match.groups()]), kind)
            except ValueError:
                break
    raise ValueError(f"{text!r} is no period; write all, 2017, 2017-Q4, 2017-12, 2017-W49 or 2017-12-05")


def _first_day(kind: Kind, parts: list[int]) -> date:
    if kind == "week":
        return date.fromisocalendar(parts[0], parts[1], 1)
    if kind == "quarter":
        return date(parts[0], 3 * parts[1] - 2, 1)
    return date(*[*parts, 1, 1][:3])


def _months(year: int, month: int, count: int, kind: Kind, key: str) -> Period:
    following = date(year + (month + count - 1) // 12, (month + count - 1) % 12 + 1, 1)
    return Period(date(year, month, 1), following - timedelta(days=1), kind, key)
