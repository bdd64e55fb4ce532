"""Merging and unmerging: two documents, one after the other; what a crash leaves is taken up by the timers."""

from datetime import timedelta
from typing import Final

from backbone.contract.ids import new_event_id
from backbone.failpoints import reached
from backbone.idempotency import By
from backbone.outbox import Saved
from backbone.problems import Conflict, Refused, Unavailable
from backbone.web import Asks
from services.leads.desk import Desk
from services.leads.domain import merge as merging
from services.leads.domain.lead import Absorbed, Lead
from services.leads.handlers.reach import lead_to_change, save

TRIES: Final = 20
GRACE: Final = timedelta(seconds=5)
"""How long the request that began a merge may take before the timers take it up."""


async def merge(
    desk: Desk, asks: Asks, lead_id: str, version: int, other_id: str, other_version: int | None
) -> Saved[Lead]:
    """Let another lead go into one; the caller must have both in his reach.

    Raises:
        Conflict: one of them changed meanwhile; nothing is merged.
        Refused: see `domain.merge.absorb`.
    """
    found = await lead_to_change(desk, asks, lead_id, version)
    if found.replayed:
        await carry_on(desk, lead_id)
        return await desk.store.leads.get(lead_id)
    other = await lead_to_change(desk, asks, other_id, other_version)
    merge_id, now = new_event_id(), desk.now()
    state, events = merging.absorb(
        found.state, other.state, merge_id=merge_id, other_version=other.version, at=now, actor=asks.by.actor
    )
    await save(desk, found, state, events, at=now, by=asks.by)
    reached("merge:absorbed")
    await carry_on(desk, lead_id)
    saved = await desk.store.leads.get(lead_id)
    if all(memory.merge_id != merge_id for memory in saved.state.absorbed):
        raise Conflict(desk.store.leads.noun, other_id, (await desk.store.leads.get(other_id)).version)
    return saved


async def unmerge(desk: Desk, asks: Asks, lead_id: str, version: int, reason: str | None) -> Saved[Lead]:
    """Take a merge back: the lead is what it was before, and the one it went into loses what came with it.

    Raises:
        Conflict: it changed meanwhile.
        Refused: it is not merged, or see `domain.merge.start_giving`.
    """
    other = await lead_to_change(desk, asks, lead_id, version)
    merged = other.state.merged
    if other.replayed:
        return other
    if merged is None:
        raise Refused("not-merged", "This lead is not merged; there is nothing to take back.")
    found = await lead_to_change(desk, asks, merged.into_lead_id, None)
    if not found.replayed:
        now = desk.now()
        state, events = merging.start_giving(found.state, merged.merge_id, now, actor=asks.by.actor, reason=reason)
        await save(desk, found, state, events, at=now, by=asks.by)
        reached("unmerge:given")
    await carry_on(desk, merged.into_lead_id)
    return await desk.store.leads.get(lead_id)


async def carry_on(desk: Desk, lead_id: str) -> None:
    """Finish the merge or unmerging of a lead that is under way, from wherever it stands.

    Raises:
        Unavailable: others change the leads all the time.
    """
    for _ in range(TRIES):
        found = await desk.store.leads.get(lead_id)
        memory = merging.under_way(found.state)
        if memory is None:
            return
        by = By(memory.actor, memory.merge_id)
        try:
            if memory.step == "taking":
                await _take(desk, found, memory, by)
            else:
                await _give(desk, found, memory, by)
        except Conflict:
            continue  # one of them moved on: look again
    raise Unavailable("busy", "Others are changing these leads at this moment; it will be finished in a moment.")


async def carry_on_what_was_left(desk: Desk, saved: Saved[Lead]) -> None:
    """Take up what a crash left, when it is old enough to be left."""
    memory = merging.under_way(saved.state)
    if memory is not None and desk.now() - memory.since > GRACE:
        await carry_on(desk, saved.id)


async def _take(desk: Desk, found: Saved[Lead], memory: Absorbed, by: By) -> None:
    rows, now = desk.store.leads, desk.now()
    other = await rows.get(memory.lead_id)
    gone = other.state.merged
    if gone is None or gone.merge_id != memory.merge_id:
        if other.version != memory.version:
            state, events = merging.call_off(found.state, memory.merge_id)
            await rows.change(found, state, events, at=now, by=by)
            return
        state, events = merging.go_into(other.state, memory, found.id, now)
        await rows.change(other, state, events, at=now, by=by)
        reached("merge:gone")
    state, events = merging.absorbed(found.state, memory.merge_id)
    await rows.change(found, state, events, at=now, by=by)
    reached("merge:done")


async def _give(desk: Desk, found: Saved[Lead], memory: Absorbed, by: By) -> None:
    rows, now = desk.store.leads, desk.now()
    other = await rows.get(memory.lead_id)
    gone = other.state.merged
    if gone is not None and gone.merge_id == memory.merge_id:
        state, events = merging.come_back(other.state, found.id, now, memory.reason)
        await rows.change(other, state, events, at=now, by=by)
        reached("unmerge:back")
    state, events = merging.forget(found.state, memory.merge_id)
    await rows.change(found, state, events, at=now, by=by)
    reached("unmerge:done")
