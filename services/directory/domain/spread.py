"""A target's value spread over months and down the tree: whole minor units, sums exact.

Each part is its share rounded down; the last part takes what the rounding leaves, so that the parts always
add up to the value. In a team's target each month is spread over those below it in the same way, so months and
shares add up to the same sum both ways.
"""

from collections.abc import Mapping, Sequence

from backbone.calendar import Period, parse_period
from backbone.problems import Refused

KINDS = ("year", "quarter", "month")
"""Kinds of period a target can be for."""


def read_target_period(text: str) -> Period:
    """The period of a target.

    Raises:
        Refused: the text names no year, quarter or month.
    """
    try:
        period = parse_period(text)
    except ValueError:
        period = None
    if period is None or period.kind not in KINDS:
        raise Refused(
            "bad-period", "A target is for a year, a quarter or a month: 2026, 2026-Q1 or 2026-03.", field="/period"
        )
    return period


def months_of(period: Period) -> list[str]:
    """The months of a period, such as `2026-01`, in order."""
    year, last = period.first.year, period.last.month
    return [f"{year:04}-{month:02}" for month in range(period.first.month, last + 1)]


def spread(value: int, weights: Sequence[int]) -> list[int]:
    """Parts of a value in the ratio of the weights; the last takes the rounding.

    Args:
        value: minor units or a count, not negative.
        weights: of each part, not negative, one of them above 0.

    Raises:
        Refused: no weight is above 0.
    """
    whole = sum(weights)
    if whole <= 0:
        raise Refused("no-weight", "At least one weight must be above 0.", field="/weights")
    parts = [value * weight // whole for weight in weights[:-1]]
    return [*parts, value - sum(parts)]


def over_months(value: int, months: Sequence[str], weights: Mapping[str, int] | None) -> dict[str, int]:
    """A value spread over months.

    Args:
        value: of the whole period.
        months: of the period, in order.
        weights: by month; a month that is left out has none. None = all alike.

    Raises:
        Refused: a weight is for a month outside the period, or none is above 0.
    """
    for month in weights or {}:
        if month not in months:
            raise Refused("month-outside", f"{month!r} is no month of the period.", field="/weights")
    told = [1 if weights is None else weights.get(month, 0) for month in months]
    return dict(zip(months, spread(value, told), strict=True))


def down(months: Mapping[str, int], weights: Sequence[int]) -> list[dict[str, int]]:
    """The months of a target spread over those below it, in the order of their weights.

    Raises:
        Refused: no weight is above 0.
    """
    by_month = {month: spread(value, weights) for month, value in months.items()}
    return [{month: parts[place] for month, parts in by_month.items()} for place in range(len(weights))]
