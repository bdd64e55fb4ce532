"""The exact part: facts first, then totals, each written only if nobody else moved it.

1. Every decision is stored as a fact under the event's id before any total
   moves. If the id is taken by a fact of the same place on the log, this is a
   replay: what is stored there holds. If it is of another place, the event is
   a duplicate and counts nothing.
2. Totals carry a mark per source partition: the last offset they hold. A write
   names the mark it was folded from; where that is no longer the mark, the
   store refuses the write, and the caller reads again and folds again.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from backbone.mongo import Document, UpdateOne
from services.analytics.books import Books
from services.analytics.folds.decisions import NOBODY
from services.analytics.store import Store

UNMARKED: Final = -1

Place = tuple[str | None, str | None, int]
"""Member, team, day (yyyymmdd)."""


class Contended(Exception):
    """A document was moved by somebody else: these partitions must be read and folded again."""

    def __init__(self, labels: Iterable[str], documents: Sequence[str]) -> None:
        self.labels = frozenset(labels)
        super().__init__(f"moved by another worker: {', '.join(documents[:5])} ({len(documents)} in all)")


async def record(store: Store, facts: Sequence[Document]) -> tuple[list[Document], list[Document]]:
    """Store decisions.

    Args:
        store: the collections.
        facts: one document per event, in the order of the log; ids differ.

    Returns:
        The facts that hold (as they are stored: a replay gives the first
        decision), and those that are duplicates of an event at another place.
    """
    taken = await store.insert_new(store.facts, facts)
    if not taken:
        return list(facts), []
    stored = await store.by_ids(store.facts, [facts[place]["_id"] for place in taken])
    holding = list(facts)
    duplicates = []
    for place in sorted(taken, reverse=True):
        fact = facts[place]
        first = stored[fact["_id"]]
        if (first["tp"], first["o"]) == (fact["tp"], fact["o"]):
            holding[place] = first
        else:
            duplicates.append(holding.pop(place))
    return holding, duplicates[::-1]


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


def standing_steps(sums: Sums, books: Books, last: int) -> dict[str, UpdateOne]:
    """The guarded writes of the standings, by id; the marks move to `last`."""
    label = books.label
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
        name: _guarded(name, label, books.marks[name], last, {"$inc": added, "$max": latest, "$setOnInsert": born})
        for name, (added, latest, born) in found.items()
    }


def funnel_steps(sums: Sums, books: Books, last: int) -> dict[str, UpdateOne]:
    """The guarded writes of the funnels, by id."""
    return {
        (name := funnel_id(pipeline, team, on)): _guarded(
            name,
            books.label,
            books.marks[name],
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
    return f"{pipeline}|{team or NOBODY}|{on or 'undated'}"
