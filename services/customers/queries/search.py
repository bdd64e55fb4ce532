"""Finding customers and the people there by words of a name, a phone, a mail address or a tax id."""

from dataclasses import dataclass
from typing import Final, Literal

from backbone.callers import Caller
from backbone.mongo import Document
from backbone.outbox import Saved
from backbone.problems import Refused
from services.customers.domain.contact import Contact
from services.customers.domain.customer import Customer
from services.customers.domain.finding import SHORTEST, asked, contact_words, holds, own_words, range_of
from services.customers.store import Store

MOST_LOOKED_AT: Final = 400
"""Of a question so short that many are found; who types one letter more finds the rest."""

How = Literal["whole", "beginning", "within", "contact"]
_RANK: Final[dict[How, int]] = {"whole": 0, "beginning": 1, "within": 2, "contact": 3}


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer that was found: how, and which of its contacts answer the question."""

    customer: Saved[Customer]
    how: How
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found, the closest first; `more` says that a longer question would find more closely."""

    items: list[Hit]
    more: bool


async def search(store: Store, caller: Caller, question: str, *, people: bool, limit: int) -> Hits:
    """Customers in the caller's row scope that a question finds.

    Args:
        store: where to look.
        caller: whose scope.
        question: words, all of which must stand in the customer's words or in those of one contact.
        people: whether the caller may know people.
        limit: most customers.

    Raises:
        Refused: the question is too short.
    """
    words = asked(question)
    if not words or len(words[0]) < SHORTEST:
        raise Refused("too-short", f"Ask for {SHORTEST} letters or digits at least.", field="q")
    first, below = range_of(words[0])
    # MongoDB takes both bounds of an array's index only for one element at once. The embedded store takes them
    # for a bare range and reads everything for `$elemMatch`: 1.3 against 4,700 ms at 50,000 customers. Whichever
    # way, what was found is compared below, word by word.
    bounds: Document = {"$gte": first, "$lt": below}
    keyed: Document = bounds if store.embedded else {"$elemMatch": bounds}
    scope = caller.rows(shared=True)
    rows: dict[str, Document] = {}
    # A scope of several ways is asked way by way: within `$or` neither would use the index of the words.
    for way in scope.get("$or", [scope]):
        found = store.customers.collection.find({"words": keyed, **way}).limit(MOST_LOOKED_AT)
        rows |= {row["_id"]: row for row in await found.to_list(MOST_LOOKED_AT)}
    hits = [hit for row in rows.values() if (hit := _hit(store.customers.read(row), words, people)) is not None]
    hits.sort(key=lambda hit: (_RANK[hit.how], hit.customer.state.name, hit.customer.id))
    return Hits(hits[:limit], len(hits) > limit or len(rows) >= MOST_LOOKED_AT)


def _hit(found: Saved[Customer], words: list[str], people: bool) -> Hit | None:
    customer = found.state
    known = own_words(customer)
    contacts = tuple(one for one in customer.contacts if people and holds(contact_words(one), words))
    if holds(known, words):
        return Hit(found, _how(known, words), contacts)
    return Hit(found, "contact", contacts) if contacts else None


def _how(known: set[str], words: list[str]) -> How:
    if any(word in known for word in words):
        return "whole"
    return "beginning" if any(one.startswith(word) for one in known for word in words) else "within"
