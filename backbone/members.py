"""Who a member is and in which team: asked of the directory, kept for a few seconds.

Events carry `owner_id` and `team_id` as they were at that moment, so every
service that writes needs this.
"""

import time
from dataclasses import dataclass
from typing import Any, Final

import httpx

from backbone.callers import Caller
from backbone.mongo import Document
from backbone.once import Once
from backbone.problems import Refused, Unavailable

ANSWER_SECONDS: Final = 5.0
MOST_ANSWERS: Final = 50_000


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the directory has him now.

    `on_duty` tells whether he is at work at this moment: here, within his shift where one is
    set, on no day off. `territories` are the ids of those he serves, himself or by a team above him.
    """

    member_id: str
    name: str
    team_id: str | None
    active: bool
    role: str = "rep"
    on_duty: bool = True
    territories: tuple[str, ...] = ()


class Members:
    """Looks members up in the directory service."""

    def __init__(self, directory_url: str, client: httpx.AsyncClient) -> None:
        self._url = directory_url
        self._client = client
        self._answers: dict[str, tuple[float, Member]] = {}
        self._rosters: dict[str | None, tuple[float, list[Member]]] = {}
        self._once: Once[list[Member]] = Once()

    async def working(self, member_id: str, *, field: str = "/member_id") -> Member:
        """The member of this id, who must be with the organisation.

        Args:
            member_id: whom.
            field: where the request named him, for the error.

        Raises:
            Refused: there is no such member, or he has left.
            Unavailable: the directory does not answer.
        """
        member = await self.known(member_id, field=field)
        if not member.active:
            raise Refused(
                "member-left",
                f"Member {member_id!r} has left; name the member who took over.",
                field=field,
            )
        return member

    async def acting(
        self, caller: Caller, member_id: str | None, *, field: str = "/member_id", kind: str | None = None
    ) -> Member:
        """The working member in whose name a caller writes: the one named, else the key's own.

        Args:
            caller: who writes.
            member_id: whom the request names, if anybody.
            field: where it would name him, for the error.
            kind: what is written, such as `complaint` (see `Caller.check_may_act_for`).

        Raises:
            Refused: nobody is named and the key is nobody's own; there is no such member, or he has left.
            Forbidden: the caller may not act for this member.
            Unavailable: the directory does not answer.
        """
        named = member_id or caller.member_id
        if named is None:
            raise Refused("nobody-named", "This key belongs to no member; name the one who did it.", field=field)
        member = await self.working(named, field=field)
        caller.check_may_act_for(member.member_id, member.team_id, kind)
        return member

    async def known(self, member_id: str, *, field: str = "/member_id") -> Member:
        """The member of this id, also when he has left.

        Raises:
            Refused: there is no such member.
            Unavailable: the directory does not answer.
        """
        known = self._answers.get(member_id)
        if known is not None and _fresh(known[0]):
            return known[1]
        rows = await self._once.ask(
            ("member", member_id), lambda: self._ask("/members/lookup", {"member_ids": [member_id]})
        )
        if not rows:
            raise Refused(
                "unknown-member",
                f"There is no member {member_id!r}; add him to the directory first.",
                field=field,
            )
        if len(self._answers) >= MOST_ANSWERS:
            self._answers.clear()
        self._answers[member_id] = (time.monotonic(), rows[0])
        return rows[0]

    async def of_team(self, team_id: str) -> list[Member]:
        """Who works in a team or in one below it, by id; empty for a team nobody knows.

        Raises:
            Unavailable: the directory does not answer.
        """
        return await self._roster(team_id)

    async def all_working(self) -> list[Member]:
        """Everybody who is with the organisation, by id.

        Raises:
            Unavailable: the directory does not answer.
        """
        return await self._roster(None)

    async def _roster(self, team_id: str | None) -> list[Member]:
        known = self._rosters.get(team_id)
        if known is not None and _fresh(known[0]):
            return list(known[1])
        found = await self._once.ask(("team", team_id), lambda: self._ask("/members/roster", {"team_id": team_id}))
        self._rosters = {name: kept for name, kept in self._rosters.items() if _fresh(kept[0])}
        self._rosters[team_id] = (time.monotonic(), found)
        return list(found)

    async def _ask(self, path: str, body: Document) -> list[Member]:
        try:
            answer = await self._client.post(f"{self._url}{path}", json=body)
            answer.raise_for_status()
        except httpx.HTTPError as trouble:
            raise Unavailable(
                "directory-away", "Members cannot be looked up now; try again in a few seconds."
            ) from trouble
        return [_read(row) for row in answer.json()["members"]]


def _fresh(asked: float) -> bool:
    return time.monotonic() - asked < ANSWER_SECONDS


def _read(row: dict[str, Any]) -> Member:
    return Member(
        member_id=row["member_id"],
        name=row["name"],
        team_id=row["team_id"],
        active=row["active"],
        role=row["role"],
        on_duty=row["on_duty"],
        territories=tuple(row["territories"]),
    )
