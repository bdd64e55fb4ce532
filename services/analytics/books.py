"""What the worker remembers of one partition: the small documents its folds depend on, and how far they are.

A cache and nothing else: it is thrown away when the partition leaves, when a
guard fails, and in part when it grows too large. What is not in it is read
from the store.
"""

from typing import Final, TypeVar

import msgspec

from services.analytics.domain.deals import Deal
from services.analytics.domain.sla import Clock

REMEMBERED: Final = 50_000
"""Most documents of one kind kept in memory per partition."""

T = TypeVar("T")


class Known(msgspec.Struct):
    """A document set whole: its state (None = there is none yet) and the last offset it holds (-1 = none)."""

    state: Deal | Clock | None
    mark: int
    version: int = 0


class Books:
    """The cache of one partition.

    Args:
        label: topic of the catalogue and partition, such as `activities-3`; names the marks.
    """

    def __init__(self, label: str) -> None:
        self.label = label
        self.topic = label.rpartition("-")[0]
        self.last: int | None = None
        """Offset of the last record folded since the partition came."""
        self.marks: dict[str, int] = {}
        """By the id of a standing or funnel: the mark of this partition there; -1 = it has none."""
        self.documents: dict[str, Known] = {}
        """Deals or clocks by their id."""
        self.voids: set[str] | None = None
        """`kind|id` of what was voided before it came; None = not read yet."""

    def shrink(self) -> None:
        """Forget the oldest half of what has grown too large."""
        _shrink(self.marks)
        _shrink(self.documents)


def _shrink(kept: dict[str, T]) -> None:
    if len(kept) > REMEMBERED:
        for key in list(kept)[: len(kept) // 2]:
            del kept[key]
