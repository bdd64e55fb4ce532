"""In which team a member is: asked of the directory for a whole batch at once, kept for a few seconds."""

import time
from collections.abc import Set as AbstractSet
from typing import Final

import httpx

from backbone.problems import Unavailable

ANSWER_SECONDS: Final = 5.0
MOST_ANSWERS: Final = 50_000


class Teams:
    """Looks up the teams of members; who is not known has none."""

    def __init__(self, directory_url: str, client: httpx.AsyncClient) -> None:
        self._url = f"{directory_url}/members/lookup"
        self._client = client
        self._answers: dict[str, tuple[float, str | None]] = {}

    async def of(self, member_ids: AbstractSet[str]) -> dict[str, str | None]:
        """The team of each member.

        Raises:
            Unavailable: the directory does not answer.
        """
        now = time.monotonic()
        answers = {
            member_id: kept[1]
            for member_id in member_ids
            if (kept := self._answers.get(member_id)) is not None and now - kept[0] < ANSWER_SECONDS
        }
        if missing := sorted(member_ids - answers.keys()):
            found = await self._ask(missing)
            answers |= {member_id: found.get(member_id) for member_id in missing}
            if len(self._answers) + len(missing) > MOST_ANSWERS:
                self._answers.clear()
            self._answers |= {member_id: (now, answers[member_id]) for member_id in missing}
        return answers

    async def _ask(self, member_ids: list[str]) -> dict[str, str | None]:
        try:
            answer = await self._client.post(self._url, json={"member_ids": member_ids})
            answer.raise_for_status()
        except httpx.HTTPError as trouble:
            raise Unavailable(
                "directory-away", "Teams cannot be looked up now; send the same again in a few seconds."
            ) from trouble
        return {row["member_id"]: row["team_id"] for row in answer.json()["members"]}
