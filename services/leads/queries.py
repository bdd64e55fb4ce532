"""Reading leads: single ones, lists, likely duplicates, the pool; always within the caller's row scope."""

from dataclasses import dataclass
from datetime import datetime

from backbone.callers import Caller
from backbone.listing import Rows
from backbone.outbox import Saved
from backbone.problems import NotFound
from backbone.rows import read_row
from services.leads.domain.filing import IN_POOL
from services.leads.domain.form import Form
from services.leads.domain.identity.keys import COMMON, Traits, keys_of, kind_of
from services.leads.domain.identity.likeness import Likeness, likeness
from services.leads.domain.idle import next_step_at, quiet_since
from services.leads.domain.lead import Lead
from services.leads.domain.policy import DuplicatePolicy, PoolPolicy
from services.leads.domain.rule_book import RuleBook, id_of
from services.leads.store import DUPLICATES, POOL, Store

MOST_COMPARED = 100
"""Leads that share a key with one and are compared with it; more say that the key is a common one."""


@dataclass(frozen=True, slots=True)
class Likely:
    """A lead that may be the same, and how alike it is."""

    saved: Saved[Lead]
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Quiet:
    """How long a lead was left alone, and what comes of it."""

    touched_at: datetime | None
    since: datetime | None
    next_at: datetime | None


async def lead(store: Store, caller: Caller, lead_id: str) -> Saved[Lead]:
    """One lead.

    Raises:
        NotFound: no such lead in the caller's row scope.
    """
    return await read_row(store.leads, caller, lead_id)


def leads(store: Store, caller: Caller) -> Rows[Saved[Lead]]:
    """The leads in the caller's row scope."""
    return Rows(store.leads.collection, caller.rows(shared=True), store.leads.read)


def pool(store: Store) -> Rows[Saved[Lead]]:
    """The leads in the public pool: everybody's who sells."""
    return Rows(store.leads.collection, {"keys": IN_POOL}, store.leads.read)


async def pooled(store: Store, lead_id: str) -> Saved[Lead]:
    """One lead in the public pool.

    Raises:
        NotFound: there is none there.
    """
    found = await store.leads.get(lead_id)
    if not found.state.in_pool:
        raise NotFound("lead in the pool", lead_id)
    return found


async def likely_duplicates(
    store: Store, caller: Caller, traits: Traits, *, except_id: str | None = None
) -> tuple[list[Likely], int]:
    """Leads that may be the same as one with these traits, the likeliest first.

    Args:
        store: where to look.
        caller: whose row scope holds; what lies in the pool is everybody's.
        traits: of the lead.
        except_id: the lead itself.

    Returns:
        Those the caller may see, and how many there are that he may not.
    """
    found: list[Likely] = []
    hidden = 0
    for other in await _sharing(store, keys_of(traits)):
        if other.id == except_id or other.state.merged is not None:
            continue
        alike = likeness(traits, other.state.traits)
        if alike.score < store.house.duplicates.likely_from:
            continue
        seen = other.state.in_pool or caller.may_see(other.state.owner_id, other.state.team_id, other.state.group_ids)
        if seen:
            found.append(Likely(other, alike))
        else:
            hidden += 1
    found.sort(key=lambda one: (-one.likeness.score, one.saved.id))
    return found, hidden


async def _sharing(store: Store, keys: tuple[str, ...]) -> list[Saved[Lead]]:
    """Leads with a key in common; those with a telling one first, so that a common one does not crowd them out."""
    telling = [key for key in keys if kind_of(key) not in COMMON]
    found: dict[str, Saved[Lead]] = {}
    for some in (telling, [key for key in keys if key not in telling]):
        for document in await store.sharing(some, MOST_COMPARED):
            found.setdefault(document["_id"], store.leads.read(document))
    return list(found.values())


async def quiet(store: Store, lead: Lead) -> Quiet:
    """Since when nobody was in touch with a lead, and when somebody is reminded or it is recycled."""
    touched_at = await store.touches.of(lead.lead_id)
    if not lead.is_open or lead.owner_id is None:
        return Quiet(touched_at, None, None)
    return Quiet(touched_at, quiet_since(lead, touched_at), next_step_at(lead, touched_at, store.house.pool))


def rule_books(store: Store) -> Rows[Saved[RuleBook]]:
    """Every version of the assignment rules."""
    return Rows(store.rule_books.collection, {}, store.rule_books.read)


async def rules_in_force(store: Store) -> Saved[RuleBook] | None:
    """The rules in force; None before there are any."""
    version = store.rules.rules_version
    return await store.rule_books.get(id_of(version)) if version else None


async def duplicate_policy(store: Store) -> Saved[DuplicatePolicy]:
    """What makes a duplicate."""
    return await store.duplicate_policies.get(DUPLICATES)


async def pool_policy(store: Store) -> Saved[PoolPolicy]:
    """How the public pool works."""
    return await store.pool_policies.get(POOL)


async def form(store: Store, form_id: str) -> Saved[Form]:
    """One web form.

    Raises:
        NotFound: there is none of this id.
    """
    return await store.forms.get(form_id)


def forms(store: Store) -> Rows[Saved[Form]]:
    """Every web form."""
    return Rows(store.forms.collection, {}, store.forms.read)
