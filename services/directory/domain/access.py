"""What a key opens: whose rows its caller sees, and what a deputy sees in another's name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from backbone.callers import Caller, Role, Scope, scope_for
from services.directory.domain.key import Key
from services.directory.domain.member import Member
from services.directory.domain.team import Tree

OF_PEOPLE: Final = frozenset({Role.ADMIN, Role.MANAGER, Role.REP, Role.SERVICE, Role.FINANCE, Role.VIEWER})
"""Roles a member can have; the others are of machines."""

MAY_STAND_IN: Final = frozenset({Role.ADMIN, Role.MANAGER, Role.REP, Role.SERVICE, Role.FINANCE})
"""With which keys a deputy acts: with one that only reads or only publishes he does not."""

IN_PLACE_OF: Final[Mapping[Role, Role]] = MappingProxyType({Role.ADMIN: Role.MANAGER})
"""As what a deputy acts where it is not the role itself: nobody hands an admin's rights on."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A member with what decides what he sees: the teams he leads, the work groups he is in."""

    member: Member
    led: frozenset[str] = field(default_factory=frozenset)
    groups: frozenset[str] = field(default_factory=frozenset)


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


def role_of(member: Member) -> Role:
    """What a member may by the role he has; a code of the organisation's own means a rep."""
    return Role(member.role) if member.role in OF_PEOPLE else Role.REP


def in_place_of(deputy: Caller, away: Standing, tree: Tree) -> Caller | None:
    """A deputy as he acts for somebody: with that member's rows and role; None when his key cannot.

    Args:
        deputy: who acts, as his own key says.
        away: whom he stands in for.
        tree: the teams.
    """
    if deputy.role not in MAY_STAND_IN or deputy.member_id is None or not away.member.active:
        return None
    told = role_of(away.member)
    role = IN_PLACE_OF.get(told, told)
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
