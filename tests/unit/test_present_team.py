"""Which team a change counts for: the owner's present one, as far as anybody knows him."""

import json

import httpx
import pytest

from backbone.members import Members
from backbone.problems import Unavailable
from backbone.rows import in_present_team
from tests.unit.leads_made import a_lead


def members(teams: dict[str, str | None]) -> Members:
    """A directory that knows these members, by id, and their teams."""

    def answer(request: httpx.Request) -> httpx.Response:
        (asked,) = json.loads(request.content)["member_ids"]
        told = {"name": "x", "active": True, "role": "rep", "on_duty": True, "territories": []}
        known = [{"member_id": asked, "team_id": teams[asked], **told}] if asked in teams else []
        return httpx.Response(200, json={"members": known})

    return Members("http://directory", httpx.AsyncClient(transport=httpx.MockTransport(answer)))


@pytest.mark.parametrize(
    ("owner_id", "team_id"),
    [("li", "south"), ("apart", None), (None, "north"), ("crm-user-7", "north")],
    ids=["who moved", "who is in no team", "nobody", "somebody the directory does not know"],
)
async def test_a_row_counts_for_its_owners_team_and_else_keeps_its_own(
    owner_id: str | None, team_id: str | None
) -> None:
    row = a_lead(owner_id=owner_id, team_id="north")

    present = await in_present_team(row, members({"li": "south", "apart": None}))

    assert present == a_lead(owner_id=owner_id, team_id=team_id)


async def test_a_row_waits_for_a_directory_that_is_away() -> None:
    away = httpx.MockTransport(lambda _: httpx.Response(503))

    with pytest.raises(Unavailable):
        await in_present_team(a_lead(), Members("http://directory", httpx.AsyncClient(transport=away)))
