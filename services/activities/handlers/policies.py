"""What can be done with a service-level policy, and which one holds for a complaint."""

from collections.abc import Callable, Sequence
from functools import partial

from backbone.mongo import DuplicateKeyError
from backbone.outbox import Saved
from backbone.problems import Refused
from backbone.rows import to_change
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import policy as policies
from services.activities.domain.policy import Edition, Policy, Terms


async def make_policy(desk: Desk, asks: Asks, policy: Policy) -> Saved[Policy]:
    """Add a policy.

    Raises:
        Conflict: there is one of this id.
        Refused: one in force holds for the same severity and grade; see `domain.policy.make_policy`.
    """
    state = policies.make_policy(policy)
    try:
        saved = await desk.store.policies.create(state.policy_id, state, [], at=state.created_at, by=asks.by)
    except DuplicateKeyError as taken:
        raise Refused(
            "place-taken", "Another policy in force holds for this severity and grade; change that one."
        ) from taken
    await desk.store.in_force.refresh()
    return saved


async def revise_policy(
    desk: Desk, asks: Asks, policy_id: str, version: int, name: str, says: Edition
) -> Saved[Policy]:
    """Let a policy say something else from now on; open complaints keep what they were opened by."""
    return await _change(desk, asks, policy_id, version, partial(policies.revise_policy, name=name, edition=says))


async def withdraw_policy(desk: Desk, asks: Asks, policy_id: str, version: int) -> Saved[Policy]:
    """Let a policy hold for no further complaint."""
    return await _change(desk, asks, policy_id, version, policies.withdraw_policy)


def terms_for(desk: Desk, in_force: Sequence[Policy], severity: str | None, customer_grade: str | None) -> Terms:
    """What holds for a complaint of this severity by a customer of this grade."""
    return policies.terms_of(policies.policy_for(in_force, severity, customer_grade), desk.close_after_seconds)


async def terms_named(desk: Desk, policy_id: str) -> Terms:
    """What holds by a policy that somebody names, also by one that was made elsewhere just now.

    Raises:
        Refused: there is none of this id in force.
    """
    at_hand = desk.store.in_force
    if (found := at_hand.now.policy(policy_id)) is None:
        await at_hand.refresh()
        found = at_hand.now.policy(policy_id)
    if found is None:
        raise Refused(
            "unknown-policy", f"There is no policy {policy_id!r} in force; see GET /policies.", field="/policy_id"
        )
    return policies.terms_of(found, desk.close_after_seconds)


async def _change(
    desk: Desk, asks: Asks, policy_id: str, version: int, decide: Callable[[Policy], Policy]
) -> Saved[Policy]:
    found = await to_change(desk.store.policies, asks, policy_id, version)
    if found.replayed:
        return found
    saved = await desk.store.policies.change(found, decide(found.state), [], at=desk.now(), by=asks.by)
    await desk.store.in_force.refresh()
    return saved
