"""Territories: one, all, and which a customer or lead belongs to."""

from dataclasses import dataclass

from backbone.listing import Rows
from backbone.outbox import Saved
from services.directory.domain import territory as territories
from services.directory.domain.territory import Place, Territory
from services.directory.queries.teams import tree_of
from services.directory.store import Store


@dataclass(frozen=True, slots=True)
class Served:
    """A territory and the working members who serve it."""

    territory: Territory
    member_ids: list[str]


async def territory(store: Store, territory_id: str) -> Saved[Territory]:
    """One territory.

    Raises:
        NotFound: there is no such territory.
    """
    return await store.territories.get(territory_id)


async def territories_for(store: Store, place: Place) -> list[Served]:
    """The territories a place belongs to, the most exact first, each with who serves it."""
    found = territories.fitting((saved.state for saved in await store.open_territories()), place)
    if not found:
        return []
    tree = tree_of(await store.all_teams())
    members = await store.all_members()
    return [Served(one, territories.serving(one, members, tree)) for one in found]


def territories_listed(store: Store) -> Rows[Saved[Territory]]:
    """All of them, closed ones too."""
    return Rows(store.territories.collection, {}, store.territories.read)
