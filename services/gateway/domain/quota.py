"""Quotas: a token bucket for each source, so that one runaway system does not drown the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MOST_SOURCES: Final = 10_000


@dataclass
class Buckets:
    """What each source may still send.

    Args:
        per_second: events a source may send in the long run.
        burst: events a source may send at once after a quiet time.
    """

    per_second: float
    burst: float
    _filled: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, wanted: Mapping[str, int], now: float) -> float:
        """Take a request's events, all or none.

        Args:
            wanted: events by source.
            now: seconds of a clock that never goes back.

        Returns:
            0 when they were taken, else the seconds until they can be. A request
            larger than `burst` waits for a full bucket and then leaves a debt.
        """
        levels = {source: self._level(source, now) for source in wanted}
        waits = [
            (min(count, self.burst) - levels[source]) / self.per_second for source, count in wanted.items() if count
        ]
        if (longest := max(waits, default=0.0)) > 0:
            return longest
        for source, count in wanted.items():
            self._filled[source] = (levels[source] - count, now)
        if len(self._filled) > MOST_SOURCES:
            self._forget_full(now)
        return 0.0

    def _level(self, source: str, now: float) -> float:
        level, at = self._filled.get(source, (self.burst, now))
        return min(self.burst, level + (now - at) * self.per_second)

    def _forget_full(self, now: float) -> None:
        # A full bucket says no more than none.
        self._filled = {
            source: filled for source, filled in self._filled.items() if self._level(source, now) < self.burst
        }
