"""Who a member is and in which team: asked of the directory, kept for a few seconds.

Events carry `owner_id` and `team_id` as they were at that moment, so every
service that writes needs this.
"""

import time
from dataclasses import dataclass
from typing import Final

import httpx

from backbone.callers import Caller
from backbone.problems import Refused, Unavailable

ANSWER_SECONDS: Final = 5.0
MOST_ANSWERS: Final = 50_000


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the directory has him now."""

    member_id: str
    name: str
    team_id: str | None
    active: bool


class Members:
    """Looks members up in the directory service."""

    def __init__(self, directory_url: str, client: httpx.AsyncClient) -> None:
        self._url = directory_url
        self._client = client
        self._answers: dict[str, tuple[float, Member]] = {}

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

    async def acting(self, caller: Caller, member_id: str | None, *, field: str = "/member_id") -> Member:
        """The working member in whose name a caller writes: the one named, else the key's own.

        Args:
            caller: who writes.
            member_id: whom the request names, if anybody.
            field: where it would name him, for the error.

        Raises:
            Refused: nobody is named and the key is nobody's own; there is no such member, or he has left.
            Forbidden: the caller may not act for this member.
            Unavailable: the directory does not answer.
        """
        named = member_id or caller.member_id
        if named is None:
            raise Refused("nobody-named", "This key belongs to no member; name the one who did it.", field=field)
        member = await self.working(named, field=field)
        caller.check_may_act_for(member.member_id, member.team_id)
        return member

    async def team_of(self, member_id: str | None) -> str | None:
        """The team a member is in now, or was in last; None for nobody.

        Raises:
            Refused: there is no such member.
            Unavailable: the directory does not answer.
        """
        return None if member_id is None else (await self.known(member_id, field="/owner_id")).team_id

    async def known(self, member_id: str, *, field: str = "/member_id") -> Member:
        """The member of this id, also when he has left.

        Raises:
            Refused: there is no such member.
            Unavailable: the directory does not answer.
        """
        known = self._answers.get(member_id)
        if known is not None and time.monotonic() - known[0] < ANSWER_SECONDS:
            return known[1]
        try:
            answer = await self._client.post(f"{self._url}/members/lookup", json={"member_ids": [member_id]})
            answer.raise_for_status()
        except httpx.HTTPError as trouble:
            raise Unavailable(
                "directory-away", "Members cannot be looked up now; try again in a few seconds."
            ) from trouble
        rows = answer.json()["members"]
        if not rows:
            raise Refused(
                "unknown-member",
                f"There is no member {member_id!r}; add him to the directory first.",
                field=field,
            )
        if len(self._answers) >= MOST_ANSWERS:
            self._answers.clear()
        self._answers[member_id] = (time.monotonic(), Member(**rows[0]))
        return self._answers[member_id][1]
