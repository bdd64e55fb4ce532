"""A deal that a work group shares is seen and worked on across teams, until it is taken back."""

import httpx

from backbone.contract.deals import DealRevised
from backbone.testing import eventually
from tests.conversation import posted, said
from tests.integration.deals.asked import House
from tests.listening import Heard
from tests.selling import deal_of


async def test_a_deal_given_to_a_work_group_is_worked_on_across_teams_until_it_is_taken_back(
    customers: httpx.AsyncClient, house: House, log: Heard
) -> None:
    people = house.people
    async with house.services["directory"].client(None) as directory:
        group = await posted(
            directory, "/groups", people.as_("admin"), name="Key accounts", member_ids=[people.ids["wang"]]
        )
    deal = await deal_of(customers, people)
    path = f"/deals/{deal['deal_id']}"

    async def as_wang() -> int:
        return (await customers.get(path, headers=people.as_("wang"))).status_code

    assert await as_wang() == 404
    shared = await posted(
        customers, f"{path}/revise", people.as_("li"), 200, version=deal["version"], group_ids=[group["group_id"]]
    )
    assert await eventually(as_wang, lambda status: status == 200)
    revised = await posted(
        customers, f"{path}/revise", people.as_("wang"), 200, version=shared["version"], amount=600_000
    )
    await posted(customers, f"{path}/revise", people.as_("li"), 200, version=revised["version"], group_ids=[])

    assert await as_wang() == 404
    told = [event.group_ids for event in await said(log, deal["deal_id"], 4) if isinstance(event, DealRevised)]
    assert told == [(group["group_id"],), None, ()]
