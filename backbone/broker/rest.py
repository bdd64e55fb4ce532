"""How long whoever reads in batches leaves the others alone after each."""

from dataclasses import dataclass
from typing import Final

LONGEST_SECONDS: Final = 60.0
"""The broker gives the partitions of one who has not asked for five minutes to others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """The pause after a batch: what comes meanwhile is the next one, and costs broker and store little more than one.

    Args:
        times: a busy store is for those who wait for it: so many times as long as the batch took,
        least_seconds: at least so long,
        most_seconds: at most so long.

    Raises:
        ValueError: the least is more than the most, or the most is longer than the broker waits.
    """

    times: float = 19.0
    least_seconds: float = 0.5
    most_seconds: float = 5.0

    def __post_init__(self) -> None:
        if not 0 <= self.least_seconds <= self.most_seconds <= LONGEST_SECONDS:
            raise ValueError(
                f"rests of {self.least_seconds:g} to {self.most_seconds:g} s: 0 to {LONGEST_SECONDS:g} may be"
            )

    def after(self, worked_seconds: float) -> float:
        """How long to rest after a batch that took so long, in seconds."""
        return min(max(self.least_seconds, self.times * worked_seconds), self.most_seconds)
