"""What a key opens: whose rows its caller sees, and what a deputy sees in another's name."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from backbone.callers import Caller, Role, Scope, scope_for
from services.directory.domain.key import Key
from services.directory.domain.member import Member
from services.directory.domain.team import Tree

OF_PEOPLE: Final = frozenset({Role.ADMIN, Role.MANAGER, Role.REP, Role.SERVICE, Role.FINANCE, Role.VIEWER})
"""Roles a member can have; the others are of machines."""

MAY_STAND_IN: Final = frozenset({Role.ADMIN, Role.MANAGER, Role.REP, Role.SERVICE, Role.FINANCE})
"""With which keys a deputy acts: with one that only reads or only publishes he does not."""

AS_DEPUTY: Final = (Role.MANAGER, Role.SERVICE, Role.FINANCE, Role.REP, Role.VIEWER)
"""As what a deputy acts: the first of these the member's own keys give. Nobody hands an admin's rights on."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A member with what decides what he sees: the teams he leads, the work groups he is in, what his keys give."""

    member: Member
    led: frozenset[str] = field(default_factory=frozenset)
    groups: frozenset[str] = field(default_factory=frozenset)
    roles: frozenset[Role] = field(default_factory=frozenset)


def caller_of(key: Key, standing: Standing | None, tree: Tree) -> Caller | None:
    """Who calls with this key, or None when it opens nothing.

    Args:
        key: the key shown.
        standing: of the member it names; None when it names none, or nobody knows him.
        tree: the teams.
    """
    if key.withdrawn_at is not None:
        return None
    if key.member_id is None:
        return Caller(key.key_id, key.role)
    if standing is None or not standing.member.active or key.made_before(standing.member):
        return None
    return _caller(key.key_id, role_held(key, standing.member), standing, tree)


def role_held(key: Key, member: Member) -> Role:
    """What a key still gives after its member's role changed: never more than before, and never more than his role.

    A key of a machine stays what it is. Of an admin's key a lesser role remains; of every other one whose
    role is no longer his, what any rep may: his own rows.
    """
    unchanged = key.member_role is None or member.role == key.member_role
    if unchanged or key.role not in OF_PEOPLE or member.role in (key.role, Role.ADMIN):
        return key.role
    return role_of(member) if key.role is Role.ADMIN else Role.REP


def roles_held(keys: Iterable[Key], member: Member) -> frozenset[Role]:
    """What those of a member's keys give that still open something."""
    return frozenset(role_held(key, member) for key in keys if key.withdrawn_at is None and not key.made_before(member))


def role_of(member: Member) -> Role:
    """What a member may by the role he has; a code of the organisation's own means a rep."""
    return Role(member.role) if member.role in OF_PEOPLE else Role.REP


def in_place_of(deputy: Caller, away: Standing, tree: Tree) -> Caller | None:
    """A deputy as he acts for somebody: with that member's rows and role; None when his key cannot.

    The role is what the member's own keys give, not the one he is said to have: that one outside systems tell too.

    Args:
        deputy: who acts, as his own key says.
        away: whom he stands in for.
        tree: the teams.
    """
    if deputy.role not in MAY_STAND_IN or deputy.member_id is None or not away.member.active:
        return None
    held = away.roles | {Role.MANAGER} if Role.ADMIN in away.roles else away.roles
    role = next((role for role in AS_DEPUTY if role in held), Role.REP)
    return _caller(deputy.key_id, role, away, tree, deputy_id=deputy.member_id)


def _caller(key_id: str, role: Role, standing: Standing, tree: Tree, deputy_id: str | None = None) -> Caller:
    member = standing.member
    scope = scope_for(role, member.scope)
    teams = frozenset[str]() if member.team_id is None or scope is Scope.ALL else frozenset({member.team_id})
    if scope is Scope.SUBTREE:
        teams = tree.below(teams | standing.led)
    elif role is Role.PUBLISHER:
        teams = frozenset()
    return Caller(
        key_id,
        role,
        member.member_id,
        member.team_id,
        teams,
        own_scope=member.scope,
        groups=standing.groups,
        deputy_id=deputy_id,
    )
