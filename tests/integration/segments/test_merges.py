"""Customers of outside systems, and merged ones."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from backbone.contract.customers import (
    ContactAdded,
    CustomerCreated,
    CustomerMerged,
    CustomerTagged,
    CustomerUnmerged,
)
from backbone.contract.ids import new_event_id
from backbone.settings import Settings
from backbone.testing import eventually
from tests.conversation import code, posted, said
from tests.integration.segments.asked import NOW, publish, read
from tests.listening import Heard
from tests.people import People
from tests.selling import customer_of


async def test_a_customer_told_by_an_outside_system_is_read_and_changed_here(
    customers: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    id_ = f"crm-{new_event_id()[-8:]}"
    whose: dict[str, Any] = {"customer_id": id_, "owner_id": "darcel", "team_id": "central"}
    at = datetime(2017, 3, 6, 9, tzinfo=UTC)
    await publish(
        settings,
        (CustomerCreated(**whose, grade="D", territory="east"), at),
        (CustomerTagged(**whose, added=("fair",)), at + timedelta(days=1)),
        (ContactAdded(**whose, contact_id="p-1", role="buyer"), at + timedelta(days=2)),
    )

    async def adopted() -> dict[str, Any]:
        answer = await customers.get(f"/customers/{id_}", headers=people.as_("admin"))
        return answer.json() if answer.status_code == 200 else {"tags": [], "version": 0}

    told = await eventually(adopted, lambda row: row["version"] == 3)
    revised = await posted(customers, f"/customers/{id_}/revise", people.as_("admin"), 200, version=3, name="Kan-code")
    given = await posted(
        customers, f"/customers/{id_}/owner", people.as_("admin"), 200, version=4, owner_id=people.ids["li"]
    )

    assert (told["name"], told["owner_id"], told["grade"], told["tags"]) == (id_, "darcel", "D", ["fair"])
    assert (revised["name"], given["owner_id"], given["team_id"]) == (
        "Kan-code",
        people.ids["li"],
        people.teams["north"],
    )


async def contacts_of(client: httpx.AsyncClient, people: People, id_: str) -> Sequence[str]:
    rows = (await client.get(f"/customers/{id_}/contacts", headers=people.as_("chen"))).json()["contacts"]
    return sorted(row["name"] for row in rows)


async def deals_of(client: httpx.AsyncClient, people: People, id_: str) -> list[str]:
    rows = (await client.get("/deals", headers=people.as_("chen"), params={"customer_id": id_})).json()["items"]
    return sorted(row["deal_id"] for row in rows)


async def test_what_belongs_to_a_merged_customer_follows_and_comes_back(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    gone = await customer_of(customers, people, "li", name="并出公司", phone="021 9999 0001", tags=["fair"])
    kept = await customer_of(customers, people, "mei", name="并入公司")
    child = await customer_of(customers, people, "li", name="并出子公司", parent_customer_id=gone)
    for id_, name in ((gone, "出"), (kept, "入")):
        await posted(customers, f"/customers/{id_}/contacts", people.as_("chen"), version=1, name=name)
    own = await posted(customers, "/deals", people.as_("li"), customer_id=gone, amount=1_000)
    other = await posted(customers, "/deals", people.as_("mei"), customer_id=kept, amount=2_000)

    merged = await posted(
        customers, f"/customers/{gone}/merge", people.as_("chen"), 200, version=2, into_customer_id=kept, reason="same"
    )
    there = await read(customers, people, kept)
    still = await posted(customers, f"/customers/{gone}/tags", people.as_("li"), 422, version=4, add=["x"])
    no_deal = await posted(customers, "/deals", people.as_("li"), 422, customer_id=gone, amount=1)

    assert merged["state"] == "done"
    assert (there["phone"], there["tags"]) == ("021 9999 0001", ["fair"])
    assert await contacts_of(customers, people, kept) == ["入", "出"]
    assert await deals_of(customers, people, kept) == sorted([own["deal_id"], other["deal_id"]])
    assert (await read(customers, people, child))["parent_customer_id"] == kept
    assert (code(still), code(no_deal)) == ("merged", "merged")

    present = await read(customers, people, gone)
    back = await posted(
        customers, f"/customers/{gone}/unmerge", people.as_("chen"), 200, version=present["version"], reason="mistake"
    )

    assert back["state"] == "done"
    assert [await contacts_of(customers, people, id_) for id_ in (gone, kept)] == [["出"], ["入"]]
    assert [await deals_of(customers, people, id_) for id_ in (gone, kept)] == [[own["deal_id"]], [other["deal_id"]]]
    assert (await read(customers, people, child))["parent_customer_id"] == gone
    now = await read(customers, people, kept)
    assert (now["phone"], now["tags"]) == (None, [])
    told = [event for event in await said(log, gone, 6) if isinstance(event, CustomerMerged | CustomerUnmerged)]
    assert [(event.type, event.reason) for event in told] == [
        ("customer-merged", "same"),
        ("customer-unmerged", "mistake"),
    ]


async def test_nobody_merges_what_he_does_not_see_or_into_itself(customers: httpx.AsyncClient, people: People) -> None:
    mine = await customer_of(customers, people, "li", name="我的")
    theirs = await customer_of(customers, people, "wang", name="他的")
    path = f"/customers/{mine}/merge"

    unseen = await posted(customers, path, people.as_("li"), 404, version=1, into_customer_id=theirs)
    itself = await posted(customers, path, people.as_("li"), 422, version=1, into_customer_id=mine)
    alone = await posted(customers, f"/customers/{mine}/unmerge", people.as_("li"), 422, version=1)

    assert (code(unseen), code(itself), code(alone)) == ("not-found", "same-customer", "not-merged")


async def test_an_outside_merge_takes_everything_along(
    customers: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    gone, kept = [
        await customer_of(customers, people, "li", name=name, industry="told-merge") for name in ("外并出", "外并入")
    ]
    deal = await posted(customers, "/deals", people.as_("li"), customer_id=gone, amount=1_000)
    whose: dict[str, Any] = {"customer_id": gone, "owner_id": people.ids["li"], "team_id": people.teams["north"]}

    await publish(settings, (CustomerMerged(**whose, into_customer_id=kept), NOW))

    async def there() -> list[str]:
        return await deals_of(customers, people, kept)

    assert await eventually(there) == [deal["deal_id"]]
    assert (await read(customers, people, gone))["merged_into"] == kept

    present = (await customers.get(f"/deals/{deal['deal_id']}", headers=people.as_("li"))).json()
    await posted(customers, f"/deals/{deal['deal_id']}/win", people.as_("li"), 200, version=present["version"])
    await publish(settings, (CustomerUnmerged(**whose, from_customer_id=kept), NOW + timedelta(seconds=1)))

    async def counted() -> list[int]:
        paths = [f"/customers/{id_}/overview" for id_ in (gone, kept)]
        views = [(await customers.get(path, headers=people.as_("admin"))).json() for path in paths]
        return [view["facts"]["deals_won"] for view in views]

    assert await eventually(counted, lambda won: won == [1, 0]) == [1, 0]
