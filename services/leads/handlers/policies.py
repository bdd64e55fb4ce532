"""What can be done with the organisation's policies."""

from backbone.at_hand import EVERYWHERE_SECONDS
from backbone.idempotency import By
from backbone.outbox import Saved
from backbone.problems import Conflict
from backbone.rows import to_change
from backbone.web import Asks
from services.leads.desk import Desk
from services.leads.domain import policy as policies
from services.leads.domain.policy import DuplicatePolicy, PoolPolicy
from services.leads.store import DUPLICATES, POOL


async def ensure_policies(desk: Desk) -> None:
    """Lay down the policies an organisation begins with, unless there are some; read them."""
    now, by = desk.now(), desk.itself("start")
    try:
        await desk.store.duplicate_policies.create(DUPLICATES, DuplicatePolicy(), [], at=now, by=by)
    except Conflict:
        pass  # they are there
    try:
        # No lead has a timer yet that would have to follow.
        await desk.store.pool_policies.create(POOL, PoolPolicy(changed_at=now, timers_set=True), [], at=now, by=by)
    except Conflict:
        pass
    await desk.store.at_hand.refresh()


async def lay_down_duplicates(desk: Desk, asks: Asks, version: int, wanted: DuplicatePolicy) -> Saved[DuplicatePolicy]:
    """Say what makes a duplicate and what happens then.

    Raises:
        Conflict: somebody was faster.
    """
    rows = desk.store.duplicate_policies
    found = await to_change(rows, asks, DUPLICATES, version)
    if found.replayed:
        return found
    state = policies.lay_down_duplicates(found.state, wanted)
    saved = await rows.change(found, state, [], at=desk.now(), by=asks.by)
    await desk.store.at_hand.refresh()
    return saved


async def lay_down_pool(desk: Desk, asks: Asks, version: int, wanted: PoolPolicy) -> Saved[PoolPolicy]:
    """Say how the public pool works; the timers of all leads follow within seconds.

    Raises:
        Conflict: somebody was faster.
        Refused: see `domain.policy.lay_down_pool`.
    """
    rows = desk.store.pool_policies
    found = await to_change(rows, asks, POOL, version)
    if found.replayed:
        return found
    state = policies.lay_down_pool(wanted, desk.now())
    saved = await rows.change(found, state, [], at=desk.now(), by=asks.by)
    await desk.store.at_hand.refresh()
    return saved


async def let_timers_follow(desk: Desk, by: By) -> None:
    """Make every owned lead's timer due, so that it is set anew by a policy that was changed."""
    rows = desk.store.pool_policies
    found = await rows.get(POOL)
    if found.state.timers_set or (desk.now() - found.state.changed_at).total_seconds() < EVERYWHERE_SECONDS:
        return  # another process may still file leads by the policy before
    await desk.store.make_timers_due()
    try:
        await rows.change(found, policies.with_timers_set(found.state), [], at=desk.now(), by=by)
    except Conflict:
        return  # changed again, or done by another process
