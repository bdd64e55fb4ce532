"""What facts add up to, document by document, and the guarded writes that add it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from backbone.mongo import Document, UpdateOne
from services.analytics.domain.credits import NOBODY
from services.analytics.ledger.facts import UNDATED

UNMARKED: Final = -1
"""The mark of a document that holds nothing of a partition."""
ABSENT: Final = -2
"""The mark of a document that does not exist."""

Place = tuple[str | None, str | None, int]
"""Member, team, day (yyyymmdd)."""


class Cell(msgspec.Struct, gc=False):
    """One figure of one day: its sum, and the ms of the last contribution."""

    value: int = 0
    at: int = 0


class Sums:
    """What a batch adds to standings and funnels."""

    def __init__(self) -> None:
        self.places: dict[Place, dict[str, Cell]] = {}
        """By member, team and day, then metric."""
        self.funnels: dict[tuple[str, str | None, int | None], dict[str, int]] = {}
        """By pipeline, team and day, then the path of the counter."""


def sum_up(facts: Iterable[Document], held: Callable[[str, int], bool] | None = None) -> Sums:
    """Add facts up.

    Args:
        facts: as they are stored.
        held: tells of a document's id and an offset whether the document holds
            that offset already; without it none does.
    """
    sums = Sums()
    for fact in facts:
        on = fact["on"]
        if on is not None and fact["d"]:
            member, team = fact["m"], fact["t"]
            if held is None or not held(standing_id(member, team, on // 100), fact["o"]):
                _add(sums.places, (member, team, on), fact["d"], fact["occ"])
        if "x" in fact or "f" in fact:
            _add_others(sums, fact, held)
    return sums


def _add(places: dict[Place, dict[str, Cell]], place: Place, deltas: Iterable[Sequence[Any]], at: int) -> None:
    cells = places.get(place)
    if cells is None:
        cells = places[place] = {}
    for metric, amount in deltas:
        cell = cells.get(metric)
        if cell is None:
            cell = cells[metric] = Cell()
        cell.value += amount
        if amount > 0 and at > cell.at:
            cell.at = at


def _add_others(sums: Sums, fact: Document, held: Callable[[str, int], bool] | None) -> None:
    offset = fact["o"]
    for metric, amount, member, team, on, at in fact.get("x", ()):
        if on is not None and (held is None or not held(standing_id(member, team, on // 100), offset)):
            _add(sums.places, (member, team, on), ((metric, amount),), at)
    for pipeline, team, on, path, amount in fact.get("f", ()):
        if held is None or not held(funnel_id(pipeline, team, on), offset):
            counters = sums.funnels.setdefault((pipeline, team, on), {})
            counters[path] = counters.get(path, 0) + amount


class Share(msgspec.Struct):
    """What one partition adds to standings and funnels in a round.

    Args:
        sums: what.
        label: topic and partition.
        marks: of that partition, by id of the document: what the sums were folded from.
        last: the offset to which the marks move.
    """

    sums: Sums
    label: str
    marks: dict[str, int]
    last: int


class Total(msgspec.Struct):
    """One document's write: what all partitions of a round add to it.

    Args:
        born: what a new document begins with.
        added: by path: what is added.
        latest: by path: what is raised to this, if it is lower.
        marks: by partition: the mark the sums were folded from, and the one to move to.
    """

    born: Document
    added: dict[str, int] = msgspec.field(default_factory=dict)
    latest: dict[str, int] = msgspec.field(default_factory=dict)
    marks: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)

    def add(self, path: str, amount: int) -> None:
        """Add to a counter."""
        self.added[path] = self.added.get(path, 0) + amount

    @property
    def is_new(self) -> bool:
        """Whether there was no such document when it was looked for."""
        return all(mark == ABSENT for mark, _ in self.marks.values())

    def update(self, name: str) -> UpdateOne:
        """The write of a document that exists: it holds only where every mark is still the one folded from."""
        guard = {f"at.{label}": {"$exists": False} if mark < 0 else mark for label, (mark, _) in self.marks.items()}
        change: Document = {
            "$inc": {**self.added, "rev": 1},
            "$set": {f"at.{label}": last for label, (_, last) in self.marks.items()},
            "$setOnInsert": self.born,
        }
        if self.latest:
            change["$max"] = self.latest
        return UpdateOne({"_id": name, **guard}, change, upsert=True)

    def document(self, name: str) -> Document:
        """The whole document, where there was none; to insert one is much cheaper."""
        marks = {label: last for label, (_, last) in self.marks.items()}
        return {"_id": name, **self.born, **nested({**self.added, **self.latest}), "at": marks, "rev": 1}


def nested(paths: Mapping[str, int]) -> Document:
    """`{"a.b": 1}` as `{"a": {"b": 1}}`."""
    whole: Document = {}
    for path, value in paths.items():
        *above, name = path.split(".")
        place = whole
        for step in above:
            place = place.setdefault(step, {})
        place[name] = value
    return whole


def standing_totals(shares: Iterable[Share]) -> dict[str, Total]:
    """What a round adds to standings, by id."""
    totals: dict[str, Total] = {}
    for share in shares:
        for (member, team, on), cells in share.sums.places.items():
            month, day = divmod(on, 100)
            name = standing_id(member, team, month)
            total = totals.get(name)
            if total is None:
                total = totals[name] = Total({"m": member or NOBODY, "t": team, "ym": month})
            total.marks[share.label] = (share.marks[name], share.last)
            for metric, cell in cells.items():
                path = f"c.{metric}.{day:02}"
                total.add(f"{path}.v", cell.value)
                total.latest[f"{path}.at"] = max(total.latest.get(f"{path}.at", 0), cell.at)
    return totals


def funnel_totals(shares: Iterable[Share]) -> dict[str, Total]:
    """What a round adds to funnels, by id."""
    totals: dict[str, Total] = {}
    for share in shares:
        for (pipeline, team, on), counters in share.sums.funnels.items():
            name = funnel_id(pipeline, team, on)
            total = totals.setdefault(name, Total({"p": pipeline, "t": team, "on": on}))
            total.marks[share.label] = (share.marks[name], share.last)
            for path, amount in counters.items():
                total.add(path, amount)
    return totals


def standing_id(member: str | None, team: str | None, month: int) -> str:
    """Name of the standing of a member, team and month (yyyymm)."""
    return f"{member or NOBODY}|{team or NOBODY}|{month // 100:04}-{month % 100:02}"


def funnel_id(pipeline: str, team: str | None, on: int | None) -> str:
    """Name of a funnel's counters of one team and day."""
    return f"{pipeline}|{team or NOBODY}|{on or UNDATED}"


def names_of(sums: Sums) -> tuple[set[str], set[str]]:
    """Ids of the standings and of the funnels that sums go to."""
    standings = {standing_id(member, team, on // 100) for member, team, on in sums.places}
    return standings, {funnel_id(*place) for place in sums.funnels}
