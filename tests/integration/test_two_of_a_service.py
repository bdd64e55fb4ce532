"""Two processes of one service: what one is told holds in the other, named things at once, the rest a moment later."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.conversation import posted
from tests.people import People, gather
from tests.selling import deal_of
from tests.serving import Service, free_port_base, running, serving


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "customers", "activities"]) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture(scope="module")
def seconds(services: dict[str, Service], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    """The second process of each, on the same store."""
    first = services["directory"].settings
    told = {"port_base": free_port_base(), "directory_url": first.url("directory"), "customers_url": ""}
    folder, chosen = tmp_path_factory.mktemp("seconds"), first.model_copy(update=told)
    others = {name: Service(name, chosen, folder / f"{name}.log") for name in ("customers", "activities")}
    with running(others):
        yield others


@pytest.fixture
async def both(
    request: pytest.FixtureRequest, services: dict[str, Service], seconds: dict[str, Service]
) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    name = request.param
    async with services[name].client(None) as one, seconds[name].client(None) as other:
        yield one, other


Both = tuple[httpx.AsyncClient, httpx.AsyncClient]


def stages(*names: str) -> list[dict[str, Any]]:
    return [{"stage": name, "name": name, "probability": 0.5} for name in names]


@pytest.mark.parametrize("both", ["customers"], indirect=True)
async def test_a_deal_takes_a_pipeline_and_a_stage_that_the_other_process_was_told_just_now(
    both: Both, people: People
) -> None:
    one, other = both
    name, product = f"p-{new_event_id()[-8:]}", f"pump-{new_event_id()[-8:]}"
    admin = people.as_("admin")
    made = await posted(
        one, "/pipelines", admin, pipeline_id=name, name=name, stages=stages("asked"), product_ids=[product]
    )

    in_it = await deal_of(other, people, pipeline=name)
    more = {"version": made["version"], "name": name, "stages": stages("asked", "tried"), "product_ids": [product]}
    answer = await one.put(f"/pipelines/{name}", json=more, headers=people.as_("admin"))
    staged = await deal_of(other, people, pipeline=name, stage="tried")

    async def taken() -> str:
        return str((await deal_of(other, people, product_ids=[product]))["pipeline"])

    assert answer.status_code == 200, answer.text
    assert (in_it["pipeline"], staged["stage"]) == (name, "tried")
    assert await eventually(taken, lambda pipeline: pipeline == name) == name


@pytest.mark.parametrize("both", ["activities"], indirect=True)
async def test_a_policy_and_a_rule_that_one_process_was_told_hold_in_the_other(both: Both, people: People) -> None:
    one, other = both
    severe = new_event_id()
    says: dict[str, Any] = {"name": "p", "severity": severe, "first_reply_seconds": 100}
    made = await posted(one, "/policies", people.as_("admin"), **says)
    await posted(
        one,
        "/assignment-rules",
        people.as_("admin"),
        name="r",
        position=1,
        way="round-robin",
        team_id=people.teams["north"],
        severities=[severe],
        member_ids=[people.ids["mei"]],
    )

    async def opened(**body: Any) -> dict[str, Any]:
        told = {"customer_id": "c-1", "channel": "phone", **body}
        return await posted(other, "/complaints", people.as_("admin"), **told)

    named = await opened(policy_id=made["policy_id"])
    by_rule = await eventually(lambda: opened(severity=severe), lambda one: one["owner_id"] == people.ids["mei"])

    assert named["first_reply_seconds"] == 100
    assert (by_rule["policy_id"], by_rule["first_reply_seconds"]) == (made["policy_id"], 100)
