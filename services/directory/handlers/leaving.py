"""A member leaves: his access ends at once, then what was his goes over, service by service, until nothing is left.

The work is a saga (`backbone.saga`), so it is taken up again wherever it was cut off. Once access has
ended it only goes forward: whatever a service says no to is tried again and shown in `trouble`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from backbone.failpoints import reached
from backbone.idempotency import By
from backbone.outbox import Saved
from backbone.problems import Problem, Refused, Unavailable
from backbone.rows import row_to_change
from backbone.saga import More, Outcome, Plan, Saga, SagaRunner
from backbone.siblings import path_to
from backbone.web import Asks
from services.directory.desk import Desk
from services.directory.domain import leaving
from services.directory.domain import member as members
from services.directory.domain import team as teams
from services.directory.domain.leaving import LeadsGo
from services.directory.domain.member import Member
from services.directory.domain.team import Tree
from services.directory.handlers.checks import working

ROWS_A_CALL: Final = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """To whom a leaver's things shall go; `successor_id` None = whoever leads his team."""

    successor_id: str | None = None
    leads: LeadsGo | None = None
    reason: str | None = None


@dataclass(slots=True)
class Estate:
    """What a member would leave behind, by service and kind; a service that did not answer is `unavailable`."""

    successor_id: str | None
    leads: LeadsGo
    kinds: dict[str, dict[str, int]] = field(default_factory=dict)
    unavailable: list[str] = field(default_factory=list)


def plans(desk: Desk) -> Mapping[str, Plan]:
    """What is done for a leaver, and for one who had left before."""

    async def end_access(saga: Saga) -> Outcome:
        return await _end_access(desk, saga)

    async def pass_teams_on(saga: Saga) -> Outcome:
        return await _pass_teams_on(desk, saga)

    async def hand_over(saga: Saga) -> Outcome:
        return await _hand_over(desk, saga)

    steps = {"end-access": end_access, "teams": pass_teams_on, "rows": hand_over}
    return {
        leaving.LEAVING: Plan({name: steps[name] for name in leaving.LEAVING_STEPS}),
        leaving.HAND_OVER: Plan({name: steps[name] for name in leaving.HAND_OVER_STEPS}),
    }


async def let_member_go(
    desk: Desk, sagas: SagaRunner, asks: Asks, member_id: str, version: int, wish: Wish
) -> tuple[Saved[Member], Saved[Saga]]:
    """Let a member go: he as he stands then, and the hand-over that goes on.

    Raises:
        NotFound: there is no such member.
        Conflict: he has another version by now.
        Refused: the successor does not work here, or see `domain.member.leave`.
    """
    begun = await sagas.sagas.of_attempt(asks.by)
    if begun is None:
        found = await row_to_change(desk.store.members, asks, member_id, version)
        await working(desk, wish.successor_id, "/successor_id")
        members.leave(found.state, wish.successor_id, wish.reason, desk.now())
        begun = await _begin(desk, sagas, asks.by, leaving.LEAVING, found.state, wish)
    return await desk.store.members.get(member_id), begun


async def hand_over(desk: Desk, sagas: SagaRunner, asks: Asks, member_id: str, wish: Wish) -> Saved[Saga]:
    """Hand over what somebody still has who left before, such as one an outside system told of.

    Raises:
        NotFound: there is no such member.
        Refused: he works here, or the successor does not.
    """
    found = await desk.store.members.get(member_id)
    asks.caller.check_may_change(desk.store.members.noun, member_id, found.state.owner_id, found.state.team_id)
    if begun := await sagas.sagas.of_attempt(asks.by):
        return begun
    if found.state.active:
        raise Refused("still-here", f"Member {member_id!r} works here; let him go at POST /members/{{id}}/leave.")
    await working(desk, wish.successor_id, "/successor_id")
    return await _begin(desk, sagas, asks.by, leaving.HAND_OVER, found.state, wish)


async def preview(desk: Desk, asks_by: By, member_id: str, wish: Wish) -> Estate:
    """What a member would leave behind, and to whom it would go.

    Raises:
        NotFound: there is no such member.
        Refused: the successor does not work here.
    """
    member = (await desk.store.members.get(member_id)).state
    await working(desk, wish.successor_id, "successor_id")
    estate = Estate(await _heir(desk, member, wish.successor_id), leaving.leads_go(wish.leads, wish.successor_id))
    led = [team for team in await desk.store.all_teams() if team.state.lead_id == member_id]
    estate.kinds["directory"] = {"teams": len(led)}
    asked = (desk.siblings.get(service, path_to("handovers", member_id), by=asks_by) for service in leaving.OWNERS)
    for service, answer in zip(leaving.OWNERS, await asyncio.gather(*asked, return_exceptions=True), strict=True):
        if isinstance(answer, Problem):
            estate.unavailable.append(service)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            estate.kinds[service] = answer["kinds"]
    return estate


async def _begin(desk: Desk, sagas: SagaRunner, by: By, kind: str, member: Member, wish: Wish) -> Saved[Saga]:
    return await sagas.start(
        kind,
        subject=member.member_id,
        owner_id=member.member_id,
        team_id=member.team_id,
        said={
            "successor_id": await _heir(desk, member, wish.successor_id),
            "leads": leaving.leads_go(wish.leads, wish.successor_id).value,
            "reason": wish.reason,
        },
        by=by,
    )


async def _end_access(desk: Desk, saga: Saga) -> Outcome:
    """Note that he has left: his keys open nothing any more. The one step that can be refused."""
    found = await desk.store.members.get(saga.subject)
    if desk.store.members.replay(found, saga.by()) is None:
        now = desk.now()
        state, events = members.leave(found.state, saga.said["successor_id"], saga.said["reason"], now)
        await desk.store.members.change(found, state, events, at=now, by=saga.by())
    return {"successor_id": saga.said["successor_id"]}


async def _pass_teams_on(desk: Desk, saga: Saga) -> Outcome:
    """Let the successor lead the teams he led, one after the other; a team that a rule keeps is told.

    Which ones he led is noted first, so that the result holds after a crash too.
    """
    told = saga.results.get(saga.step)
    all_teams = await desk.store.all_teams()
    led = [found for found in all_teams if found.state.lead_id == saga.subject]
    if told is None:
        return More({"led": [found.id for found in led], "kept": []})
    waiting = [found for found in led if found.id not in told["kept"]]
    successor_id = await _successor(desk, saga)
    if not waiting or successor_id is None:
        kept = [*told["kept"], *(found.id for found in waiting)]
        return {"teams": [team_id for team_id in told["led"] if team_id not in kept], "kept": kept}
    found, now = waiting[0], desk.now()
    team = found.state
    try:
        state, events = teams.change_team(
            team, name=team.name, parent_id=team.parent_id, lead_id=successor_id, tree=_tree(all_teams), now=now
        )
    except Refused:
        return More({**told, "kept": [*told["kept"], found.id]})
    await desk.store.teams.change(found, state, events, at=now, by=saga.by(found.id))
    reached(f"{saga.kind}:team-passed-on")
    return More(told)


async def _hand_over(desk: Desk, saga: Saga) -> Outcome:
    """Let the services move what he has there, some rows at a time; one that is away waits for the others."""
    so_far = saga.results.get(saga.step, {"services": {}, "last": None})
    services: Mapping[str, Mapping[str, Any]] = so_far["services"]
    waiting = leaving.in_turn({name: told["through"] for name, told in services.items()}, so_far["last"])
    troubles = []
    for service in waiting:
        try:
            told = await _move_some(desk, saga, service, services.get(service))
        except Problem as trouble:
            # Access has ended: from here on it only goes forward, whatever a service says.
            troubles.append(trouble.detail)
            continue
        reached(f"{saga.kind}:{service}-moved")
        return More({"services": {**services, service: told}, "last": service})
    if troubles:
        raise Unavailable("hand-over-waits", " ".join(troubles))
    return {"services": dict(services)}


async def _move_some(desk: Desk, saga: Saga, service: str, so_far: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Count what he has in one service; the next time move some of it: so the figures hold after a crash too."""
    by = saga.by()
    if so_far is None:
        found = (await desk.siblings.get(service, path_to("handovers", saga.subject), by=by))["kinds"]
        return {"found": found, "through": not any(found.values())}
    to_pool = service == "leads" and saga.said["leads"] == LeadsGo.POOL
    asked = {
        "handover_id": saga.saga_id,
        "member_id": saga.subject,
        "successor_id": None if to_pool else await _successor(desk, saga),
        "limit": ROWS_A_CALL,
    }
    answer = await desk.siblings.post(service, "/handovers", asked, by=by, key=saga.key(service))
    if answer["left"]:
        if not answer["moved"]:
            raise Unavailable("rows-busy", f"{answer['left']} rows of {service} are being changed; they follow.")
        return so_far
    found, kept = so_far["found"], answer["kept"]
    return {
        "found": found,
        "moved": {kind: rows - kept.get(kind, 0) for kind, rows in found.items()},
        "kept": kept,
        "reasons": answer["reasons"],
        "through": True,
    }


async def _successor(desk: Desk, saga: Saga) -> str | None:
    """Who takes over as things stand now: the successor may have left since."""
    return await _heir(desk, (await desk.store.members.get(saga.subject)).state, saga.said["successor_id"])


async def _heir(desk: Desk, member: Member, named: str | None) -> str | None:
    """The one named, or who took over from him if he has left too; else the nearest leader above the member."""
    asked = {member.member_id}
    while named is not None and named not in asked:
        asked.add(named)
        found = await desk.store.members_of([named])
        if found and found[0].active:
            return named
        named = found[0].successor_id if found else None
    all_teams = await desk.store.all_teams()
    known = {found.id: found.state for found in all_teams}
    leaders = leaving.leaders_above(member.team_id, known, _tree(all_teams))
    working_here = {person.member_id: person for person in await desk.store.members_of(leaders)}
    return leaving.first_working(leaders, working_here, but=member.member_id)


def _tree(all_teams: list[Saved[teams.Team]]) -> Tree:
    return Tree({found.id: found.state.parent_id for found in all_teams})
