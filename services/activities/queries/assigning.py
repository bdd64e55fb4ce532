"""Reading assignment rules, whose turn it is, and how much a member has open."""

from backbone.listing import STATE, Rows
from backbone.outbox import Saved
from services.activities.domain.assigning import AssignmentRule, Turns
from services.activities.store import Store


async def rule(store: Store, rule_id: str) -> Saved[AssignmentRule]:
    """One rule."""
    return await store.rules.get(rule_id)


def rules(store: Store) -> Rows[Saved[AssignmentRule]]:
    """Every rule, in force or withdrawn."""
    return Rows(store.rules.collection, {}, store.rules.read, STATE)


async def turns_of(store: Store, rule_id: str) -> Turns:
    """Who was chosen by a rule so far."""
    found = await store.turns.find_one({"_id": rule_id})
    if found is None:
        return Turns()
    return Turns(count=found["count"], last=tuple((member_id, turn) for member_id, turn in found["last"]))


async def open_count(store: Store, member_id: str) -> int:
    """How many complaints a member has to work on."""
    wanted = {"state.owner_id": member_id, "state.state": {"$in": ["open", "paused"]}}
    return await store.complaints.collection.count_documents(wanted)
