"""Who shall answer a complaint: the rules asked, a turn taken; and what can be done with a rule."""

import asyncio
from collections.abc import Sequence

from backbone.callers import Role
from backbone.members import Member
from backbone.outbox import Saved
from backbone.problems import Forbidden, Refused
from backbone.rows import to_change
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import assigning
from services.activities.domain.assigning import AssignmentRule, Facts, Hand, Way
from services.activities.domain.opening import Choice
from services.activities.domain.story import Assignment
from services.activities.queries import assigning as queries


async def choice_for(
    desk: Desk, asks: Asks, rules: Sequence[AssignmentRule], owner_id: str | None, facts: Facts
) -> Choice:
    """Who shall answer a new complaint: the one named, else by the rules, else the key's own member.

    An admin's key may leave it to later when no rule fits.

    Raises:
        Forbidden: the caller may open no complaint, or not for this member.
        Refused: there is nobody.
    """
    if asks.caller.only_reads or asks.caller.role is Role.PUBLISHER:
        raise Forbidden("read-only", f"A key with role {asks.caller.role} opens no complaint.")
    if owner_id is not None:
        return await named(desk, asks, owner_id, "named")
    if (choice := await by_rule(desk, rules, facts)) is not None:
        return choice
    if asks.caller.member_id is None and asks.caller.sees_all:
        return nobody()
    return await named(desk, asks, asks.caller.member_id, "own")


async def named(desk: Desk, asks: Asks, owner_id: str | None, reason: str) -> Choice:
    """A member somebody names, whom the caller may act for."""
    member = await desk.members.acting(asks.caller, owner_id, field="/owner_id", kind="complaint")
    return Choice(owner_id=member.member_id, team_id=member.team_id, assignment=Assignment(reason=reason))


def nobody() -> Choice:
    """No rule fits and nobody is named."""
    return Choice(owner_id=None, team_id=None, assignment=Assignment(reason="no-rule"))


async def by_rule(
    desk: Desk, rules: Sequence[AssignmentRule], facts: Facts, *, take_turn: bool = True
) -> Choice | None:
    """What the rules decide; None when no rule fits.

    Args:
        desk: what to work with.
        rules: those in force.
        facts: of the complaint.
        take_turn: whether the one chosen has had his turn by it; not when somebody only wants to know.

    Raises:
        Unavailable: the directory does not answer.
    """
    rule = assigning.first_rule(rules, facts)
    if rule is None:
        return None
    fit, passed_over = assigning.hands_for(rule, await _hands(desk, rule))
    if not fit:
        return assigning.chosen_by(rule, None, passed_over)
    return assigning.chosen_by(rule, await _next_hand(desk, rule, fit, take_turn=take_turn), passed_over)


async def try_rules(desk: Desk, facts: Facts) -> Choice:
    """Who would answer a complaint now; nobody's turn is used up."""
    in_force = await desk.store.in_force.fresh()
    return await by_rule(desk, in_force.rules, facts, take_turn=False) or nobody()


async def make_rule(desk: Desk, asks: Asks, rule: AssignmentRule) -> Saved[AssignmentRule]:
    """Add a rule.

    Raises:
        Conflict: there is one of this id.
        Refused: it names a member who does not work here.
    """
    for member_id in rule.member_ids:
        await desk.members.working(member_id, field="/member_ids")
    saved = await desk.store.rules.create(rule.rule_id, rule, [], at=rule.created_at, by=asks.by)
    await desk.store.in_force.refresh()
    return saved


async def withdraw_rule(desk: Desk, asks: Asks, rule_id: str, version: int) -> Saved[AssignmentRule]:
    """Let a rule decide no more."""
    found = await to_change(desk.store.rules, asks, rule_id, version)
    if found.replayed:
        return found
    state = assigning.withdraw_rule(found.state)
    saved = await desk.store.rules.change(found, state, [], at=desk.now(), by=asks.by)
    await desk.store.in_force.refresh()
    return saved


async def _hands(desk: Desk, rule: AssignmentRule) -> list[Hand]:
    if not rule.member_ids:
        return [_hand(member) for member in await desk.members.of_team(rule.team_id)]
    found = await asyncio.gather(*(_known(desk, member_id) for member_id in rule.member_ids))
    return [hand for hand in found if hand is not None]


async def _known(desk: Desk, member_id: str) -> Hand | None:
    try:
        return _hand(await desk.members.known(member_id))
    except Refused:
        return None  # he was taken out of the directory since the rule was made


def _hand(member: Member) -> Hand:
    return Hand(
        member_id=member.member_id,
        team_id=member.team_id,
        active=member.active,
        on_duty=member.on_duty,
        serves=member.role == assigning.SERVICE_ROLE,
    )


async def _next_hand(desk: Desk, rule: AssignmentRule, fit: Sequence[Hand], *, take_turn: bool) -> Hand:
    """Take a turn of a rule: two complaints at once never take the same one."""
    while True:
        turns = await queries.turns_of(desk.store, rule.rule_id)
        hand, after = assigning.next_hand(rule.way, fit, turns, await _open_counts(desk, rule.way, fit))
        if not take_turn or await desk.store.turn_taken(rule.rule_id, turns, after):
            return hand


async def _open_counts(desk: Desk, way: Way, fit: Sequence[Hand]) -> dict[str, int]:
    if way == "round-robin":
        return {}
    counts = await asyncio.gather(*(queries.open_count(desk.store, hand.member_id) for hand in fit))
    return {hand.member_id: count for hand, count in zip(fit, counts, strict=True)}
