"""What facts add up to, document by document, and the guarded writes that add it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from backbone.mongo import Document, UpdateOne
from services.analytics.folds.decisions import NOBODY
from services.analytics.ledger.facts import UNDATED

UNMARKED: Final = -1
"""The mark of a document that holds nothing of a partition."""

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


def standing_steps(sums: Sums, label: str, marks: Mapping[str, int], last: int) -> dict[str, UpdateOne]:
    """The guarded writes of the standings, by id.

    Args:
        sums: what to add.
        label: topic and partition it comes from.
        marks: of that partition, by id: what the sums were folded from.
        last: the offset to which the marks move.
    """
    found: dict[str, tuple[Document, Document, Document]] = {}
    for (member, team, on), cells in sums.places.items():
        month, day = divmod(on, 100)
        name = standing_id(member, team, month)
        step = found.get(name)
        if step is None:
            step = found[name] = ({"rev": 1}, {}, {"m": member or NOBODY, "t": team, "ym": month})
        added, latest, _ = step
        for metric, cell in cells.items():
            path = f"c.{metric}.{day:02}"
            added[f"{path}.v"] = cell.value
            latest[f"{path}.at"] = cell.at
    return {
        name: _guarded(name, label, marks[name], last, {"$inc": added, "$max": latest, "$setOnInsert": born})
        for name, (added, latest, born) in found.items()
    }


def funnel_steps(sums: Sums, label: str, marks: Mapping[str, int], last: int) -> dict[str, UpdateOne]:
    """The guarded writes of the funnels, by id."""
    return {
        (name := funnel_id(pipeline, team, on)): _guarded(
            name,
            label,
            marks[name],
            last,
            {"$inc": {**counters, "rev": 1}, "$setOnInsert": {"p": pipeline, "t": team, "on": on}},
        )
        for (pipeline, team, on), counters in sums.funnels.items()
    }


def _guarded(name: str, label: str, mark: int, last: int, update: Document) -> UpdateOne:
    path = f"at.{label}"
    guard = {"$exists": False} if mark == UNMARKED else mark
    return UpdateOne({"_id": name, path: guard}, {**update, "$set": {path: last}}, upsert=True)


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
