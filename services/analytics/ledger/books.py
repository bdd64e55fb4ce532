"""What the worker remembers of one partition: the small documents its folds depend on, and their marks.

A cache and nothing else: it is thrown away when the partition leaves or a
guard fails, and in part when it grows too large. What is not in it is read
from the store.
"""

from collections.abc import Collection
from typing import Final, TypeVar

from services.analytics.folds.routing import Known

REMEMBERED: Final = 50_000
"""Most documents of one kind kept in memory per partition."""

T = TypeVar("T")


class Books:
    """The cache of one partition.

    Args:
        label: topic of the catalogue and partition, such as `activities-3`; it names the marks.
    """

    def __init__(self, label: str) -> None:
        self.label = label
        self.marks: dict[str, int] = {}
        """By the id of a standing or funnel: this partition's mark there."""
        self.whole: dict[str, Known] = {}
        """Deals, pipelines or clocks by id."""
        self.voids: set[str] | None = None
        """Names of what was voided, unless there are too many; None = not read yet."""

    @property
    def topic(self) -> str:
        """The topic of the catalogue."""
        return topic_of(self.label)

    def shrink(self) -> None:
        """Forget the oldest half of what has grown too large."""
        _shrink(self.marks)
        _shrink(self.whole)


def topic_of(label: str) -> str:
    """`activities` of `activities-3`."""
    return label.rpartition("-")[0]


def missing(wanted: Collection[str], known: Collection[str]) -> list[str]:
    """Those of the ids that are not known, in their order."""
    return [id_ for id_ in dict.fromkeys(wanted) if id_ not in known]


def _shrink(kept: dict[str, T]) -> None:
    if len(kept) > REMEMBERED:
        for key in list(kept)[: len(kept) // 2]:
            del kept[key]
