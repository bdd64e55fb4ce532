"""The use cases of the directory, one function each: load, decide, save, return."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from backbone.callers import Role, key_hash, new_key
from backbone.contract.directory import TeamChanged
from backbone.contract.envelope import Envelope
from backbone.idempotency import By
from backbone.inbox import adopt, happened_at
from backbone.outbox import Saved
from backbone.problems import Conflict, NotFound, Refused
from backbone.rows import row_to_change
from backbone.web import Asks
from services.directory.domain import adoption
from services.directory.domain import key as keys
from services.directory.domain import member as members
from services.directory.domain import team as teams
from services.directory.domain.adoption import MemberStatement
from services.directory.domain.key import Key
from services.directory.domain.member import Member
from services.directory.domain.team import Team, Tree
from services.directory.store import Store

BOOTSTRAP = By(actor="key:bootstrap", request_id="start")


@dataclass(frozen=True)
class Desk:
    """What the use cases work with."""

    store: Store
    now: Callable[[], datetime]


async def join_member(
    desk: Desk, asks: Asks, member_id: str, *, name: str, role: str, team_id: str | None
) -> Saved[Member]:
    """Take a new member in.

    Raises:
        Refused: there is no such team.
        Conflict: there is a member of this id.
    """
    await _check_team(desk, team_id, "/team_id")
    now = desk.now()
    state, events = members.join(member_id, name, role, team_id, now)
    return await desk.store.members.create(member_id, state, events, at=now, by=asks.by)


async def move_member(
    desk: Desk, asks: Asks, member_id: str, *, version: int, team_id: str | None, role: str | None
) -> Saved[Member]:
    """Put a member into another team or role.

    Raises:
        NotFound: there is no such member.
        Conflict: he has another version by now.
        Refused: there is no such team, or see `domain.member.move`.
    """
    found = await row_to_change(desk.store.members, asks, member_id, version)
    if found.replayed:
        return found
    await _check_team(desk, team_id, "/team_id")
    now = desk.now()
    state, events = members.move(found.state, team_id, role, now)
    return await desk.store.members.change(found, state, events, at=now, by=asks.by)


async def let_member_go(
    desk: Desk,
    asks: Asks,
    member_id: str,
    *,
    version: int,
    successor_id: str | None,
    reason: str | None,
) -> Saved[Member]:
    """Note that a member leaves; his keys stop working.

    Raises:
        NotFound: there is no such member.
        Conflict: he has another version by now.
        Refused: the successor does not work here, or see `domain.member.leave`.
    """
    found = await row_to_change(desk.store.members, asks, member_id, version)
    if found.replayed:
        return found
    await _working(desk, successor_id, "/successor_id")
    now = desk.now()
    state, events = members.leave(found.state, successor_id, reason, now)
    return await desk.store.members.change(found, state, events, at=now, by=asks.by)


async def form_team(
    desk: Desk,
    asks: Asks,
    team_id: str,
    *,
    name: str,
    parent_id: str | None,
    lead_id: str | None,
) -> Saved[Team]:
    """Make a new team.

    Raises:
        Refused: there is no such parent, or the leader does not work here.
        Conflict: there is a team of this id.
    """
    await _check_team(desk, parent_id, "/parent_id")
    await _working(desk, lead_id, "/lead_id")
    now = desk.now()
    state, events = teams.form_team(team_id, name, parent_id, lead_id, now)
    return await desk.store.teams.create(team_id, state, events, at=now, by=asks.by)


@dataclass(frozen=True, slots=True)
class TeamChange:
    """What shall change of a team: the fields of `told`; the others stay."""

    told: frozenset[str]
    name: str | None = None
    parent_id: str | None = None
    lead_id: str | None = None


async def change_team(desk: Desk, asks: Asks, team_id: str, change: TeamChange, *, version: int) -> Saved[Team]:
    """Rename a team, hang it elsewhere in the tree, give it another leader.

    Raises:
        NotFound: there is no such team.
        Conflict: it has another version by now.
        Refused: there is no such parent, the leader does not work here, or the team would hang below itself.
    """
    found = await desk.store.teams.get(team_id)
    if again := desk.store.teams.replay(found, asks.by):
        return again
    if version != found.version:
        raise Conflict(desk.store.teams.noun, team_id, found.version)
    team = found.state
    if "parent_id" in change.told:
        await _check_team(desk, change.parent_id, "/parent_id")
    if "lead_id" in change.told:
        await _working(desk, change.lead_id, "/lead_id")
    now = desk.now()
    state, events = teams.change_team(
        team,
        name=change.name or team.name,
        parent_id=change.parent_id if "parent_id" in change.told else team.parent_id,
        lead_id=change.lead_id if "lead_id" in change.told else team.lead_id,
        tree=Tree({other.id: other.state.parent_id for other in await desk.store.all_teams()}),
        now=now,
    )
    if not events:
        return found
    return await desk.store.teams.change(found, state, events, at=now, by=asks.by)


async def issue_key(
    desk: Desk, asks: Asks, *, role: Role, label: str, member_id: str | None
) -> tuple[Saved[Key], str | None]:
    """Make an API key: what is stored, and the key itself, which nobody can read again.

    A retry with the same idempotency key gets None for the key: the first answer held it.

    Raises:
        Refused: there is no such member, or see `domain.key.issue_key`.
    """
    plain = new_key()
    now = desk.now()
    key = keys.issue_key(
        Key(
            key_id=plain.split("_", 2)[1],
            hash=key_hash(plain),
            role=role,
            label=label,
            member_id=member_id,
            created_at=now,
        ),
        await _working(desk, member_id, "/member_id"),
    )
    saved = await desk.store.keys.create(key.key_id, key, [], at=now, by=asks.by)
    return saved, None if saved.replayed else plain


async def withdraw_key(desk: Desk, asks: Asks, key_id: str) -> Saved[Key]:
    """Withdraw a key: it stops here at once, elsewhere within `backbone.auth.ANSWER_SECONDS`.

    Raises:
        NotFound: there is no such key.
        Conflict: somebody changed it at the same moment.
    """
    found = await desk.store.keys.get(key_id)
    now = desk.now()
    state = keys.withdraw_key(found.state, now)
    if state == found.state:
        return found
    return await desk.store.keys.change(found, state, [], at=now, by=asks.by)


async def ensure_admin_key(desk: Desk, hashed: str) -> None:
    """Let the key with this hash exist as an admin's: with it the first members and keys are made.

    One that was withdrawn stays withdrawn: a new start needs a new key.
    """
    if not hashed or await desk.store.key_of(hashed) is not None:
        return
    now = desk.now()
    key = Key(
        key_id=hashed[:12],
        hash=hashed,
        role=Role.ADMIN,
        label="first admin key",
        created_at=now,
    )
    await desk.store.keys.create(key.key_id, key, [], at=now, by=BOOTSTRAP)


async def adopt_member(desk: Desk, envelope: Envelope, said: MemberStatement) -> None:
    """Take in what an outside system says of a member; a team nobody knows yet is kept as named."""
    decide = partial(adoption.adopt_member, said=said, at=happened_at(envelope))
    await adopt(desk.store.members, said.member_id, envelope, decide)


async def adopt_team(desk: Desk, envelope: Envelope, said: TeamChanged) -> None:
    """Take in what an outside system says of a team."""
    decide = partial(adoption.adopt_team, said=said, at=happened_at(envelope))
    await adopt(desk.store.teams, said.team_id, envelope, decide)


async def _check_team(desk: Desk, team_id: str | None, field: str) -> None:
    if team_id is None:
        return
    try:
        await desk.store.teams.get(team_id)
    except NotFound as missing:
        raise Refused("unknown-team", f"There is no team {team_id!r}; make it first.", field=field) from missing


async def _working(desk: Desk, member_id: str | None, field: str) -> Member | None:
    if member_id is None:
        return None
    found = await desk.store.members_of([member_id])
    if not found:
        raise Refused("unknown-member", f"There is no member {member_id!r}; add him first.", field=field)
    if not found[0].active:
        raise Refused("member-left", f"Member {member_id!r} has left.", field=field)
    return found[0]
