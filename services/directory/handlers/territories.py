"""What can be done with a territory."""

from backbone.outbox import Saved
from backbone.rows import to_change
from backbone.web import Asks
from services.directory.desk import Desk
from services.directory.domain import territory as territories
from services.directory.domain.territory import Drawn, Territory
from services.directory.handlers.checks import all_teams, all_working


async def draw(desk: Desk, asks: Asks, territory_id: str, name: str, drawn: Drawn) -> Saved[Territory]:
    """Make a new territory.

    Raises:
        Refused: somebody who shall serve it does not work here, there is no such team, or it asks for nothing.
        Conflict: there is a territory of this id.
    """
    await all_working(desk, drawn.member_ids, "/member_ids")
    await all_teams(desk, drawn.team_ids, "/team_ids")
    state, events = territories.draw(territory_id, name, drawn)
    return await desk.store.territories.create(territory_id, state, events, at=desk.now(), by=asks.by)


async def redraw(desk: Desk, asks: Asks, territory_id: str, version: int, name: str, drawn: Drawn) -> Saved[Territory]:
    """Rename a territory, draw it anew, give it to others.

    Raises:
        NotFound: there is no such territory.
        Conflict: it has another version by now.
        Refused: see `draw`, or it is closed.
    """
    found = await to_change(desk.store.territories, asks, territory_id, version)
    if found.replayed:
        return found
    before = found.state.drawn
    # Whoever left meanwhile may stay named: he serves nothing, and the rest can still be changed.
    new = [member_id for member_id in drawn.member_ids if member_id not in before.member_ids]
    await all_working(desk, new, "/member_ids")
    await all_teams(desk, drawn.team_ids, "/team_ids")
    state, events = territories.redraw(found.state, name, drawn)
    if not events:
        return found
    return await desk.store.territories.change(found, state, events, at=desk.now(), by=asks.by)


async def close(desk: Desk, asks: Asks, territory_id: str, version: int) -> Saved[Territory]:
    """End a territory.

    Raises:
        NotFound: there is no such territory.
        Conflict: it has another version by now.
        Refused: it is closed already.
    """
    found = await to_change(desk.store.territories, asks, territory_id, version)
    if found.replayed:
        return found
    now = desk.now()
    state, events = territories.close(found.state, now)
    return await desk.store.territories.change(found, state, events, at=now, by=asks.by)
