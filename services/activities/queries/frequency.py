"""Reading how often customers are visited: who is due, who was missed, by owner and team."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from backbone.callers import Caller
from backbone.listing import Asked, Rows
from backbone.mongo import Document
from services.activities.domain.frequency import Rhythm, Standing
from services.activities.field_store import FieldStore

MOST_GROUPS: Final = 5_000
PRESENT: Final[Document] = {"state.merged_into": None}
"""A customer that went into another one is no customer any more."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How the customers of one owner in one team stand, and how many were missed in a span."""

    owner_id: str | None
    team_id: str | None
    customers: int = 0
    due: int = 0
    missed: int = 0
    missed_in_span: int = 0


def rhythms(store: FieldStore, caller: Caller) -> Rows[Rhythm]:
    """The customers whose rhythm the caller may see."""
    return Rows(store.rhythms.collection, caller.rows(), store.rhythms.read)


def standing_like(asked: Asked, wanted: Standing | None, today: date, within_days: int) -> Asked:
    """What a list is asked for, narrowed to those that stand so today."""
    last = today + timedelta(days=within_days)
    day: Mapping[Standing, Any] = {
        "missed": {"$lt": today.isoformat(), "$ne": None},
        "due": {"$gte": today.isoformat(), "$lte": last.isoformat()},
        "fine": {"$gt": last.isoformat()},
        "unplanned": None,
    }
    conditions: list[Document] = [PRESENT]
    if wanted is not None:
        conditions.append({"state.due_on": day[wanted]})
    return replace(asked, where={"$and": [*([asked.where] if asked.where else []), *conditions]})


async def tallies(
    store: FieldStore, caller: Caller, today: date, within_days: int, span: tuple[date, date]
) -> list[Tally]:
    """By owner and team: how many customers, how many are due and missed now, and were missed in a span.

    A lapse counts for whoever owned the customer on the day it was due; one that is open still counts too.

    Args:
        store: where they are.
        caller: whose scope.
        today: the present day.
        within_days: due are those whose day comes within so many days.
        span: the first and last day; lapses due on them are counted.
    """
    found: dict[tuple[str | None, str | None], Tally] = {}
    scope = {"$and": [PRESENT, caller.rows()]}
    last = (today + timedelta(days=within_days)).isoformat()
    now = today.isoformat()
    for name, bounds in (
        ("customers", None),
        ("due", {"$gte": now, "$lte": last}),
        ("missed", {"$lt": now, "$ne": None}),
    ):
        match = scope if bounds is None else {"$and": [*scope["$and"], {"state.due_on": bounds}]}
        grouped = store.rhythms.collection.aggregate(
            [
                {"$match": match},
                {"$group": {"_id": {"o": "$state.owner_id", "t": "$state.team_id"}, "n": {"$sum": 1}}},
            ]
        )
        for row in await grouped.to_list(MOST_GROUPS):
            key = (row["_id"].get("o"), row["_id"].get("t"))
            found[key] = replace(found.get(key, Tally(*key)), **{name: row["n"]})
    for key, count in (await _missed_in(store, caller, today, span)).items():
        found[key] = replace(found.get(key, Tally(*key)), missed_in_span=count)
    return sorted(found.values(), key=lambda tally: (tally.team_id or "", tally.owner_id or ""))


async def _missed_in(
    store: FieldStore, caller: Caller, today: date, span: tuple[date, date]
) -> dict[tuple[str | None, str | None], int]:
    first, last = span[0].isoformat(), min(span[1], today - timedelta(days=1)).isoformat()
    bounds = {"$gte": first, "$lte": last}
    touched = {"$or": [{"state.lapses": {"$elemMatch": {"due_on": bounds}}}, {"state.due_on": bounds}]}
    cursor = store.rhythms.collection.find({"$and": [PRESENT, caller.rows(), touched]}, {"state": 1, "version": 1})
    counted: dict[tuple[str | None, str | None], int] = {}
    async for document in cursor:
        rhythm = store.rhythms.read(document)
        for key in _lapses_in(rhythm, span[0], min(span[1], today - timedelta(days=1))):
            counted[key] = counted.get(key, 0) + 1
    return counted


def _lapses_in(rhythm: Rhythm, first: date, last: date) -> Iterable[tuple[str | None, str | None]]:
    told = {lapse.due_on for lapse in rhythm.lapses}
    for lapse in rhythm.lapses:
        if first <= lapse.due_on <= last:
            yield lapse.owner_id, lapse.team_id
    if rhythm.due_on is not None and rhythm.due_on not in told and first <= rhythm.due_on <= last:
        yield rhythm.owner_id, rhythm.team_id
