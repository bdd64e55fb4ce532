"""Boards: who stands where on a metric in a period and scope.

A standing is the document of one member, team and month that the worker
keeps: figures by metric and day. Every period is a sum of days, so the day is
the only figure that is ever stored.

Order (design: "Ties"): higher value, then who reached it first, then id.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from backbone.calendar import Period
from services.analytics.domain.credits import NOBODY

Days = Mapping[int, tuple[int, int]]
"""Day of the month -> (value, ms of the last contribution)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One member's figures in one team and month.

    Args:
        id: of the document.
        member_id: whose.
        team_id: the team at the time; None = counts for the company only.
        year: of the month.
        month: 1 to 12.
        revision: grows with every write; the highest is the newest.
        figures: metric -> days.
    """

    id: str
    member_id: str
    team_id: str | None
    year: int
    month: int
    revision: int
    figures: Mapping[str, Days]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a board; `value` in minor units when the metric is money."""

    rank: int
    member_id: str
    value: int
    reached_ms: int


@dataclass(frozen=True, slots=True)
class Board:
    """Everybody's line, first one first; `total` is over them and what nobody owns, such as leads of the pool."""

    rows: list[Row]
    total: int


@dataclass
class Shelf:
    """All standings in memory, so that a rank is answered without the store."""

    _by_month: dict[tuple[int, int], dict[str, Standing]] = field(default_factory=dict)

    def put(self, standing: Standing) -> bool:
        """Take a standing in unless a newer one is here; True when it changed something."""
        month = self._by_month.setdefault((standing.year, standing.month), {})
        known = month.get(standing.id)
        if known is not None and known.revision >= standing.revision:
            return False
        month[standing.id] = standing
        return True

    def within(self, period: Period) -> Iterator[Standing]:
        """The standings of the months that the period touches."""
        first = (period.first.year, period.first.month)
        last = (period.last.year, period.last.month)
        for month, standings in self._by_month.items():
            if first <= month <= last:
                yield from standings.values()

    def days_with_figures(self, metric: str) -> set[date]:
        """Every day on which the metric has a figure other than nothing."""
        return {
            date(standing.year, standing.month, day)
            for standings in self._by_month.values()
            for standing in standings.values()
            for day, (value, _) in standing.figures.get(metric, {}).items()
            if value
        }

    def __len__(self) -> int:
        return sum(len(standings) for standings in self._by_month.values())


def board(shelf: Shelf, metric: str, period: Period, teams: Collection[str] | None) -> Board:
    """The board of a metric.

    Args:
        shelf: all standings.
        metric: as the worker names it.
        period: which days count.
        teams: the teams of the scope; None = the whole company.

    Returns:
        The members with a value other than 0; figures that nobody owns stand in the total and take no place.
    """
    values: dict[str, tuple[int, int]] = {}
    for standing in shelf.within(period):
        if teams is not None and standing.team_id not in teams:
            continue
        for value, reached in _counted(standing, metric, period):
            total, last = values.get(standing.member_id, (0, 0))
            values[standing.member_id] = (total + value, max(last, reached))
    total = sum(value for value, _ in values.values())
    values.pop(NOBODY, None)
    return Board(_ranked((value, reached, member) for member, (value, reached) in values.items()), total)


def _counted(standing: Standing, metric: str, period: Period) -> Iterator[tuple[int, int]]:
    days = standing.figures.get(metric)
    if days is None:
        return
    # Every period but the day and the week is made of whole months.
    if period.kind not in ("day", "week"):
        yield from days.values()
        return
    for day, figure in days.items():
        if period.holds(date(standing.year, standing.month, day)):
            yield figure


def _ranked(found: Iterable[tuple[int, int, str]]) -> list[Row]:
    ordered = sorted((-value, reached, member) for value, reached, member in found if value)
    return [Row(rank, member, -negative, reached) for rank, (negative, reached, member) in enumerate(ordered, start=1)]
