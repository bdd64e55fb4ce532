"""What a query over customers means, written twice: `condition_of` for the store, `meets` for one customer; pure.

A test holds the two against each other on the real store. What is not known meets no comparison
but `known: false`; of a number nobody has told, 0 is known.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.customers.domain.customer import Customer
from services.customers.domain.query import FIELDS, Every, Facts, Neither, Query, Some, Test, Today


def condition_of(query: Query, today: Today) -> dict[str, Any]:
    """The store's filter for a query. What is not known meets no comparison but `known: false`."""
    if isinstance(query, Test):
        return {FIELDS[query.name].path: _compared(query, today)}
    if isinstance(query, Neither):
        return {"$nor": [condition_of(query.part, today)]}
    parts = [condition_of(part, today) for part in query.parts]
    if isinstance(query, Some):
        return {"$or": parts}
    return _joined(parts)


def _joined(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All parts at once; flat where no two ask for one field, for not every store looks into `$and` for an index."""
    flat: dict[str, Any] = {}
    rest: list[dict[str, Any]] = []
    for part in parts:
        if flat.keys().isdisjoint(part):
            flat |= part
        else:
            rest.append(part)
    return {**flat, "$and": rest} if rest else flat


def _compared(test: Test, today: Today) -> Any:
    kind = FIELDS[test.name].kind
    if test.comparison == "known":
        nothing: list[Any] = [None, []] if kind == "code" else [None]
        return {"$nin": nothing} if test.value else {"$in": nothing}
    if kind == "moment":
        first, below = _between(test, today)
        return {**({"$gte": first} if first else {}), **({"$lt": below} if below else {})}
    if kind == "number":
        return _number(test.comparison, test.value)
    return {"$in": list(test.value)} if test.comparison == "in" else test.value


def _number(comparison: str, value: int) -> Any:
    """A customer nobody has told anything of yet has no facts: they count as 0."""
    if comparison == "at_most":
        return {"$not": {"$gt": value}}
    if comparison == "at_least":
        return {"$gte": value} if value else {"$not": {"$lt": 0}}
    return {"$in": [0, None]} if value == 0 else value


def _between(test: Test, today: Today) -> tuple[datetime | None, datetime | None]:
    """The moments a test of a moment allows: from the first one on, to below the second."""
    if test.comparison == "before":
        return None, today.start(test.value)
    if test.comparison == "after":
        return today.start(test.value + timedelta(days=1)), None
    edge = today.start(today.day - timedelta(days=test.value))
    return (None, edge) if test.comparison == "older_than_days" else (edge, None)


def meets(query: Query, customer: Customer, facts: Facts, today: Today) -> bool:
    """Whether a customer meets a query."""
    if isinstance(query, Every):
        return all(meets(part, customer, facts, today) for part in query.parts)
    if isinstance(query, Some):
        return any(meets(part, customer, facts, today) for part in query.parts)
    if isinstance(query, Neither):
        return not meets(query.part, customer, facts, today)
    return _holds(query, FIELDS[query.name].read(customer, facts), today)


def _holds(query: Test, value: Any, today: Today) -> bool:
    if query.comparison == "known":
        known: bool = query.value
        return (value not in (None, ())) == known
    if FIELDS[query.name].kind == "moment":
        first, below = _between(query, today)
        return value is not None and (first is None or value >= first) and (below is None or value < below)
    if FIELDS[query.name].kind == "number":
        least = query.value if query.comparison in ("is", "at_least") else value
        most = query.value if query.comparison in ("is", "at_most") else value
        return bool(least <= value <= most)
    wanted = query.value if query.comparison == "in" else (query.value,)
    return not set(value if isinstance(value, tuple) else (value,)).isdisjoint(wanted)
