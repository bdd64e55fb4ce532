"""Where leads are kept: one collection a noun, events inside the documents, keys to search by beside the state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, get_args

import msgspec

from backbone.at_hand import AtHand
from backbone.contract.envelope import EventData
from backbone.idempotency import By
from backbone.mongo import ANY_TEXT, ASCENDING, DESCENDING, Collection, Document, DuplicateKeyError, UpdateOne
from backbone.outbox import Aggregates, Saved
from backbone.service import Backbone
from services.leads.domain.assignment import RuleSet
from services.leads.domain.conversion import check_not_held
from services.leads.domain.filing import contact_key, filed, held_as, held_by
from services.leads.domain.form import Form
from services.leads.domain.lead import Lead
from services.leads.domain.policy import DuplicatePolicy, Grade, House, PoolPolicy
from services.leads.domain.pool import Holdings, Ledger
from services.leads.domain.rule_book import RuleBook

SOURCE: Final = "/services/leads"
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
SOON: Final = datetime(1970, 1, 2, tzinfo=UTC)
"""A timer that has run out, whenever one looks."""
DUPLICATES: Final = "duplicates"
POOL: Final = "pool"
GRADES: Final = (*get_args(Grade), None)
MEMBERS_AT_ONCE: Final = 25
"""The store compares every hit of an `$in` with the whole list: four grades a member make a hundred."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The policies and the assignment rules in force."""

    house: House
    rules: RuleSet


class Store:
    """The collections of this service, and the policies and assignment rules at hand."""

    def __init__(self, backbone: Backbone) -> None:
        database, relay = backbone.database, backbone.relay
        first = Ruling(House(DuplicatePolicy(), PoolPolicy(changed_at=LONG_AGO)), RuleSet(0, ()))
        self.at_hand: AtHand[Ruling] = AtHand(self._look, first)
        self.leads: Aggregates[Lead] = Leads(
            database["leads"], Lead, source=SOURCE, relay=relay, derived=lambda lead: filed(lead, self.house)
        )
        self.duplicate_policies: Aggregates[DuplicatePolicy] = Aggregates(
            database["duplicate_policies"], DuplicatePolicy, source=SOURCE, relay=relay
        )
        self.pool_policies: Aggregates[PoolPolicy] = Aggregates(
            database["pool_policies"], PoolPolicy, source=SOURCE, relay=relay
        )
        self.rule_books: Aggregates[RuleBook] = Aggregates(database["rule_books"], RuleBook, source=SOURCE, relay=relay)
        self.forms: Aggregates[Form] = Aggregates(database["forms"], Form, source=SOURCE, relay=relay)
        self.ledgers = Ledgers(database["ledgers"])
        self.turns = Turns(database["turns"])
        self.touches = Touches(database["touches"])

    @property
    def house(self) -> House:
        """The policies at hand."""
        return self.at_hand.now.house

    @property
    def rules(self) -> RuleSet:
        """The assignment rules at hand."""
        return self.at_hand.now.rules

    async def ensure_indexes(self) -> None:
        """Make what the relay, the lists, the claims and the timers need."""
        await self.leads.ensure_indexes("owner_id", "team_id", "created_at")
        leads = self.leads.collection
        await leads.create_index([("claims", ASCENDING)], unique=True, partialFilterExpression={"claims": ANY_TEXT})
        for name in ("keys", "idle_at"):
            await leads.create_index([(name, ASCENDING)])
        for rest in (self.duplicate_policies, self.pool_policies, self.rule_books, self.forms):
            await rest.ensure_indexes()
        await self.forms.collection.create_index([("state.token", ASCENDING)], unique=True)

    async def _look(self) -> Ruling:
        duplicates = await self.duplicate_policies.get(DUPLICATES)
        pool = await self.pool_policies.get(POOL)
        latest = await self.rule_books.collection.find({}).sort("_id", DESCENDING).limit(1).to_list(1)
        rules = self.rule_books.read(latest[0]).state.rule_set if latest else RuleSet(0, ())
        return Ruling(House(duplicates.state, pool.state), rules)

    async def make_timers_due(self) -> None:
        """Let the timer of every lead with an owner be looked at next; what is due is decided then."""
        await self.leads.collection.update_many({"idle_at": {"$gt": LONG_AGO}}, {"$set": {"idle_at": SOON}})
        await self.leads.collection.update_many({"held_as": {"$gt": ""}, "idle_at": None}, {"$set": {"idle_at": SOON}})

    async def due(self, now: datetime, most: int) -> list[Saved[Lead]]:
        """Leads whose timer has run out."""
        # Both bounds: the embedded store walks an index over a range only when it has two ends.
        found = self.leads.collection.find({"idle_at": {"$gt": LONG_AGO, "$lte": now}}).limit(most)
        return [self.leads.read(document) for document in await found.to_list(most)]

    async def set_timer(self, saved: Saved[Lead], at: datetime | None) -> None:
        """Set when to look at a lead next, unless it changed meanwhile: then it was set by the change."""
        await self.leads.collection.update_one({"_id": saved.id, "version": saved.version}, {"$set": {"idle_at": at}})

    async def left_undone(self, what: str, most: int) -> list[Saved[Lead]]:
        """Leads at which something was begun: `filing.UNDECIDED` or `MERGING`."""
        found = self.leads.collection.find({"keys": what}).limit(most)
        return [self.leads.read(document) for document in await found.to_list(most)]

    async def sharing(self, keys: Sequence[str], most: int) -> list[Document]:
        """Documents of leads that have one of these keys."""
        if not keys:
            return []
        return await self.leads.collection.find({"keys": {"$in": list(keys)}}).limit(most).to_list(most)

    async def holding_contact(self, contact_id: str) -> list[Saved[Lead]]:
        """Leads at which a contact is known: more than one after a merge."""
        found = self.leads.collection.find({"keys": contact_key(contact_id)})
        return [self.leads.read(document) for document in await found.to_list(None)]

    async def holdings(self, member_id: str) -> Holdings:
        """What a member works on."""
        wanted = [held_as(member_id, grade) for grade in GRADES]
        found = await self.leads.collection.find({"keys": {"$in": wanted}}, {"held_as": 1}).to_list(None)
        by_grade: dict[str, set[str]] = {}
        for document in found:
            by_grade.setdefault(held_by(document["held_as"])[1], set()).add(document["_id"])
        return Holdings({grade: frozenset(ids) for grade, ids in by_grade.items()})

    async def open_counts(self, member_ids: Sequence[str]) -> dict[str, int]:
        """How many leads members work on."""
        counts = dict.fromkeys(member_ids, 0)
        for first in range(0, len(member_ids), MEMBERS_AT_ONCE):
            some = member_ids[first : first + MEMBERS_AT_ONCE]
            wanted = [held_as(member_id, grade) for member_id in some for grade in GRADES]
            steps: list[Document] = [
                {"$match": {"keys": {"$in": wanted}}},
                {"$group": {"_id": "$held_as", "leads": {"$sum": 1}}},
            ]
            async for row in self.leads.collection.aggregate(steps):
                counts[held_by(row["_id"])[0]] += row["leads"]
        return counts

    async def created_between(self, first: datetime, end: datetime, most: int) -> list[Saved[Lead]]:
        """Leads that came in from `first` on and before `end`."""
        found = self.leads.collection.find({"state.created_at": {"$gte": first, "$lt": end}}).limit(most)
        return [self.leads.read(document) for document in await found.to_list(most)]


class Leads(Aggregates[Lead]):
    """Leads, of which one that is just becoming a customer can be changed by its conversion only."""

    async def change(
        self,
        found: Saved[Lead],
        state: Lead,
        events: Sequence[EventData],
        *,
        at: datetime,
        by: By,
        at_least: int = 0,
        event_ids: Sequence[str] = (),
    ) -> Saved[Lead]:
        """See `backbone.outbox`.

        Raises:
            UnderConversion: it is just becoming a customer.
        """
        check_not_held(found.state, state, found.version)
        return await super().change(found, state, events, at=at, by=by, at_least=at_least, event_ids=event_ids)


class Ledgers:
    """What members take, one document each (see `domain.pool`)."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def read(self, member_id: str, today: date) -> Ledger:
        """A member's ledger; an empty one when he has none."""
        found = await self._collection.find_one({"_id": member_id})
        return Ledger(member_id=member_id, day=today) if found is None else msgspec.convert(found["ledger"], Ledger)

    async def write(self, ledger: Ledger) -> bool:
        """Store the ledger that was read with this version; False when somebody was faster."""
        state: Document = msgspec.to_builtins(ledger, builtin_types=(datetime,))
        state["version"] = ledger.version + 1
        if ledger.version == 0:
            try:
                await self._collection.insert_one({"_id": ledger.member_id, "ledger": state})
            except DuplicateKeyError:
                return False
            return True
        written = await self._collection.update_one(
            {"_id": ledger.member_id, "ledger.version": ledger.version}, {"$set": {"ledger": state}}
        )
        return bool(written.modified_count)


class Turns:
    """Whose turn it is by each rule: members in the order in which it chose them last."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def read(self, rule_id: str) -> tuple[int, tuple[str, ...]]:
        """How many turns were taken, and the order."""
        found = await self._collection.find_one({"_id": rule_id})
        return (0, ()) if found is None else (found["taken"], tuple(found["order"]))

    async def write(self, rule_id: str, taken: int, order: tuple[str, ...]) -> bool:
        """Store the order after the turn that was read as the `taken`-th; False when somebody was faster."""
        if taken == 0:
            try:
                await self._collection.insert_one({"_id": rule_id, "taken": 1, "order": list(order)})
            except DuplicateKeyError:
                return False
            return True
        written = await self._collection.update_one(
            {"_id": rule_id, "taken": taken}, {"$set": {"taken": taken + 1, "order": list(order)}}
        )
        return bool(written.modified_count)


class Touches:
    """When somebody was last in touch with each lead: a maximum, so order and repetition do not matter."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def note(self, touched: dict[str, datetime]) -> None:
        """Note when leads (by id) were visited or called."""
        steps = [UpdateOne({"_id": lead_id}, {"$max": {"at": at}}, upsert=True) for lead_id, at in touched.items()]
        if steps:
            await self._collection.bulk_write(steps, ordered=False)

    async def of(self, lead_id: str) -> datetime | None:
        """When somebody was last in touch with a lead; None when nobody told."""
        found: dict[str, Any] | None = await self._collection.find_one({"_id": lead_id})
        return None if found is None else found["at"]
