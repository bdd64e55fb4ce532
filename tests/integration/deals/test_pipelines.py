"""Pipelines that change under their deals, and what a stage needs."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx

from backbone.contract.deals import PipelineChanged, StageChanged
from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.conversation import code, posted, read, said
from tests.integration.deals.asked import House, Sent, changed
from tests.listening import Heard
from tests.selling import deal_of


def stages(*names: str, **rules: Sent) -> list[Sent]:
    return [{"stage": name, "name": name.title(), "probability": 0.5, **rules.get(name, {})} for name in names]


async def test_a_stage_in_use_does_not_go_without_a_word_and_its_deals_follow_the_word(
    customers: httpx.AsyncClient, house: House, log: Heard
) -> None:
    people, name = house.people, f"rental-{new_event_id()[-6:]}"
    admin = people.as_("admin")
    made = await posted(
        customers, "/pipelines", admin, pipeline_id=name, name="Rental", stages=stages("asked", "tried", "agreed")
    )
    deals = [await deal_of(customers, people, pipeline=name, stage="tried") for _ in range(3)]
    fewer: Sent = {"version": made["version"], "name": "Rental", "stages": stages("asked", "agreed")}

    refused = await changed(customers, f"/pipelines/{name}", people.as_("admin"), 422, **fewer)
    done = await changed(customers, f"/pipelines/{name}", people.as_("admin"), 200, **fewer, moved={"tried": "agreed"})

    assert (code(refused), "3 open deals" in refused["detail"]) == ("stage-in-use", True)
    assert (done["revision"], [stage["stage"] for stage in done["stages"]]) == (2, ["asked", "agreed"])
    for deal in deals:
        _, moved = await said(log, deal["deal_id"], 2)
        assert isinstance(moved, StageChanged)
        assert (moved.from_stage, moved.to_stage, moved.direction) == ("tried", "agreed", "mapped")
    first, second = (one for one in log.of(name) if isinstance(one, PipelineChanged))
    assert ([stage.stage for stage in first.stages], first.revision) == (["asked", "tried", "agreed"], 1)
    assert (second.revision, second.moved_stages) == (2, {"tried": "agreed"})

    async def settled() -> bool:
        return bool((await read(customers, f"/pipelines/{name}", people.as_("li")))["settled"])

    await eventually(settled)
    (before,) = (await read(customers, f"/pipelines/{name}/revisions", people.as_("li")))["revisions"]
    assert ([stage["stage"] for stage in before["stages"]], before["moved"]) == (
        ["asked", "tried", "agreed"],
        {"tried": "agreed"},
    )


async def test_deals_opened_at_the_same_moment_each_take_the_pipeline_that_is_for_them(
    customers: httpx.AsyncClient, house: House
) -> None:
    people, mark = house.people, new_event_id()[-6:]
    first, second = f"a-{mark}", f"b-{mark}"
    for name, products in ((first, [f"pump-{mark}"]), (second, [f"pump-{mark}", f"hose-{mark}"])):
        body: Sent = {"pipeline_id": name, "name": name, "stages": stages("asked"), "product_ids": products}
        await posted(customers, "/pipelines", people.as_("admin"), **body)
    wanted: list[tuple[Sent, str]] = [
        ({"product_ids": [f"pump-{mark}"]}, first),
        ({"product_ids": [f"hose-{mark}"]}, second),
        ({"product_ids": [f"hose-{mark}", f"pump-{mark}"]}, first),
        ({"product_ids": [f"pump-{mark}"], "pipeline": second}, second),
        ({"product_ids": [f"valve-{mark}"]}, "standard"),
        ({}, "standard"),
    ]

    opened = [deal_of(customers, people, **body) for body, _ in wanted]
    nobody = posted(customers, "/deals", people.as_("li"), 422, lead_id="l-1", pipeline=f"c-{mark}")
    *deals, refused = await asyncio.gather(*opened, nobody)

    assert [deal["pipeline"] for deal in deals] == [name for _, name in wanted]
    assert (code(refused), refused["errors"][0]["field"]) == ("unknown-pipeline", "/pipeline")


async def test_a_lost_deal_is_reopened_in_the_stage_that_stands_for_its_own_by_now(
    customers: httpx.AsyncClient, house: House
) -> None:
    people, name = house.people, f"lease-{new_event_id()[-6:]}"
    made = await posted(
        customers, "/pipelines", people.as_("admin"), pipeline_id=name, name="Lease", stages=stages("asked", "tried")
    )
    deal = await deal_of(customers, people, pipeline=name, stage="tried")
    path = f"/deals/{deal['deal_id']}"
    await posted(customers, f"{path}/lose", people.as_("li"), 200, version=1, reason="price")
    only: Sent = {"version": made["version"], "name": "Lease", "stages": stages("asked")}
    await changed(customers, f"/pipelines/{name}", people.as_("admin"), 200, **only)

    back = await posted(customers, f"{path}/reopen", people.as_("li"), 200, version=2)

    assert (back["stage"], back["state"]) == ("asked", "open")
    history = (await read(customers, f"{path}/history", people.as_("li")))["history"]
    assert [step["turn"] for step in history] == ["opened", "lost", "reopened"]


async def test_a_stage_is_left_with_what_it_needs_and_a_stay_that_is_too_long_is_listed(
    customers: httpx.AsyncClient, house: House, settings: Settings
) -> None:
    people, name = house.people, f"strict-{new_event_id()[-6:]}"
    rules: dict[str, Sent] = {
        "offer": {"exit_rules": ["quote-sent", "contact"], "longest_stay_seconds": 3600},
        "close": {"required": ["expected-close"]},
    }
    await posted(
        customers,
        "/pipelines",
        people.as_("admin"),
        pipeline_id=name,
        name="Strict",
        stages=stages("offer", "close", **rules),
        product_ids=[f"p-{name}"],
    )
    day_ago = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    deal = await deal_of(customers, people, product_ids=[f"p-{name}"], opened_at=day_ago)
    path, li = f"/deals/{deal['deal_id']}", people.as_("li")
    assert (deal["pipeline"], deal["stage"]) == (name, "offer")

    stays = await read(customers, "/deals/overdue-stays", li, pipeline=name)
    elsewhere = await read(customers, "/deals/overdue-stays", people.as_("wang"), pipeline=name)
    refused = await posted(customers, f"{path}/stage", people.as_("li"), 422, version=1, to_stage="close")

    assert ([stay["deal_id"] for stay in stays], elsewhere) == ([deal["deal_id"]], [])
    assert 22 * 3600 < stays[0]["overdue_seconds"] < 24 * 3600
    assert (code(refused), refused["errors"][0]["field"]) == ("something-missing", "/to_stage")
    assert "a quote that was sent, a contact at the customer's" in refused["detail"]
    contacts = f"/customers/{deal['customer_id']}/contacts"
    await posted(customers, contacts, people.as_("li"), version=1, name="Ann Zhao")
    drafted = await posted(customers, f"{path}/quotes", people.as_("li"), version=1, amount=450_000)
    sent = f"{path}/quotes/{drafted['quotes'][0]['quote_id']}/send"
    await posted(customers, sent, people.as_("li"), 200, version=2)
    lacking = await posted(customers, f"{path}/stage", people.as_("li"), 422, version=3, to_stage="close")
    assert "an expected close" in lacking["detail"]
    await posted(customers, f"{path}/revise", people.as_("li"), 200, version=3, expected_close_on="2030-01-31")
    moved = await posted(customers, f"{path}/stage", people.as_("li"), 200, version=4, to_stage="close")
    assert moved["stage"] == "close"
