"""Facts: one document per counted event, stored before any total moves; and the notes on what does not count.

    facts    {_id: event id, ty: type, s: subject, m: member, t: team, c: customer, occ, rec: ms, on: yyyymmdd,
              tp: "activities-3", o: offset, d: [[metric, amount]], x?: [credit], f?: [step],
              no?: why it does not count, imp?: tag of an import, old?: it came more than 400 days late}
    trails   {_id: "member|yyyymm|activities-3|first-last", e: [event id], s: [subject], on: [yyyymmdd]}
    left_out {_id: "activities-3-4711", event_id, type, reason, metric, member, on}

`d` moves figures of `m`, `t` and `on`; `x` those of others or of other days;
`f` counters of funnels. Trails tell which facts move a member's figures of a
month, since facts have no index but their key.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from backbone.mongo import Document, insert_new
from services.analytics.domain.credits import NOBODY, Credit
from services.analytics.folds.routing import METRIC_OF, Decided, Folded
from services.analytics.store import Store

UNDATED: Final = "undated"
OLD_MS: Final = 400 * 86_400_000
"""What comes later than this is marked (docs/events.md); an import may bring any past."""


def fact_of(decided: Decided, label: str) -> Document:
    """The document of a decision, by which a replay knows it again."""
    entry, decision = decided.entry, decided.decision
    event = entry.event
    fact: Document = {
        "_id": event.id,
        "ty": decided.kind,
        "s": event.subject,
        "m": decision.member,
        "t": decision.team,
        "c": getattr(event.data, "customer_id", None),
        "occ": entry.occurred,
        "rec": entry.recorded,
        "on": decision.on,
        "tp": label,
        "o": entry.offset,
        "d": decision.deltas,
    }
    if decision.others:
        fact["x"] = [msgspec.structs.astuple(one) for one in decision.others]
    if decision.steps:
        fact["f"] = [msgspec.structs.astuple(one) for one in decision.steps]
    if decision.left_out is not None:
        fact["no"] = decision.left_out
    if event.imported is not None:
        fact["imp"] = event.imported
    elif entry.recorded - entry.occurred > OLD_MS:
        fact["old"] = True
    return fact


async def record(store: Store, facts: Sequence[Document]) -> tuple[list[Document], list[Document]]:
    """Store decisions.

    Args:
        store: the collections.
        facts: one document per event, in the order of the log; ids differ.

    Returns:
        The facts that hold (as they are stored: a replay gives the first
        decision), and those whose event was counted from another place.

    Raises:
        PyMongoError: the store did not answer.
    """
    taken = await insert_new(store.facts, facts)
    if not taken:
        return list(facts), []
    stored = await store.by_ids(store.facts, [facts[place]["_id"] for place in taken])
    holding: list[Document] = list(facts)
    duplicates = []
    for place in sorted(taken, reverse=True):
        fact = facts[place]
        first = stored[fact["_id"]]
        if (first["tp"], first["o"]) == (fact["tp"], fact["o"]):
            holding[place] = first
        else:
            duplicates.append(holding.pop(place))
    return holding, duplicates[::-1]


def notes_of(folded: Folded, holding: Iterable[Document], label: str) -> list[Document]:
    """The notes on a batch's events that do not count."""
    notes = [_note(f"{label}-{fact['o']}", fact, fact["no"]) for fact in holding if "no" in fact]
    for one in folded.duplicates:
        data = one.entry.event.data
        member = getattr(data, "member_id", None) or getattr(data, "owner_id", None)
        told = {"_id": one.entry.event.id, "ty": one.kind, "m": member, "on": one.on}
        notes.append(_note(f"{label}-{one.entry.offset}", told, "duplicate"))
    return notes


def duplicate_of(fact: Document) -> Document:
    """The note on a fact whose event was counted from another place on the log."""
    return _note(f"{fact['tp']}-{fact['o']}", fact, "duplicate")


def _note(id_: str, fact: Mapping[str, Any], reason: str) -> Document:
    return {
        "_id": id_,
        "event_id": fact["_id"],
        "type": fact["ty"],
        "reason": reason,
        "metric": METRIC_OF.get(fact["ty"]),
        "member": fact["m"],
        "on": fact["on"],
    }


def trails_of(facts: Sequence[Document], label: str) -> list[Document]:
    """The trails of a batch's facts. Inserted once; the same batch folded again gives the same."""
    if not facts:
        return []
    span = f"{label}|{facts[0]['o']}-{facts[-1]['o']}"
    found: dict[tuple[str | None, int], Document] = {}
    for fact in facts:
        for member, on in _places(fact):
            month = (on or 0) // 100
            trail = found.get((member, month))
            if trail is None:
                name = f"{member or NOBODY}|{month or UNDATED}|{span}"
                trail = found[member, month] = {"_id": name, "e": [], "s": [], "on": []}
            trail["e"].append(fact["_id"])
            trail["s"].append(fact["s"])
            trail["on"].append(on)
    return list(found.values())


def _places(fact: Document) -> Collection[tuple[str | None, int | None]]:
    if "x" not in fact:
        return ((fact["m"], fact["on"]),) if fact["d"] else ()
    places = dict.fromkeys((member, on) for _, _, member, _, on, _ in fact["x"])
    return places | {(fact["m"], fact["on"]): None} if fact["d"] else places


def figures_in(fact: Mapping[str, object]) -> Iterator[Credit]:
    """Every figure a stored fact moves."""
    credit = msgspec.convert(fact, StoredFigures)
    for metric, amount in credit.d:
        yield Credit(metric, amount, credit.m, credit.t, credit.on, credit.occ if amount > 0 else 0)
    yield from credit.x


class StoredFigures(msgspec.Struct):
    """The part of a stored fact that moves figures."""

    m: str | None
    t: str | None
    on: int | None
    occ: int
    d: list[tuple[str, int]]
    x: list[Credit] = []
