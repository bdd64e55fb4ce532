"""What a query means, who sees a segment, and the grades that rules give."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from backbone.contract.activities import VisitLogged, VisitVoided
from backbone.contract.customers import (
    CustomerGraded,
)
from backbone.contract.deals import DealOpened, DealWon
from backbone.inbox import READ_AT_ONCE
from backbone.mongo import connect, database
from backbone.settings import Settings
from backbone.testing import eventually
from services.customers.domain.query import FIELDS, Facts, Today, read_query
from services.customers.domain.query_meaning import condition_of, meets
from services.customers.handlers.facts import MOST_NEW_AT_ONCE
from tests.conversation import code, posted, said
from tests.customers import customer
from tests.integration.segments.asked import NOW, publish, read
from tests.listening import Heard
from tests.people import People
from tests.selling import customer_of

DAYS = st.sampled_from([0, 1, 5, 30, 400])


def comparisons() -> st.SearchStrategy[dict[str, Any]]:
    """One comparison of one field, of every kind."""
    names = {
        kind: [name for name, field in FIELDS.items() if field.kind == kind] for kind in ("code", "number", "moment")
    }
    known = st.fixed_dictionaries({"field": st.sampled_from(names["code"] + names["moment"]), "known": st.booleans()})
    code_is = st.fixed_dictionaries(
        {"field": st.sampled_from(names["code"]), "is": st.sampled_from(["A", "east", "li"])}
    )
    code_in = st.fixed_dictionaries(
        {
            "field": st.sampled_from(names["code"]),
            "in": st.lists(st.sampled_from(["A", "B", "li"]), min_size=1, max_size=2),
        }
    )
    number = st.tuples(
        st.sampled_from(names["number"]), st.sampled_from(["is", "at_least", "at_most"]), st.integers(0, 3)
    ).map(lambda told: {"field": told[0], told[1]: told[2]})
    moment = st.tuples(st.sampled_from(names["moment"]), st.sampled_from(["older_than_days", "within_days"]), DAYS).map(
        lambda told: {"field": told[0], told[1]: told[2]}
    )
    day = st.tuples(st.sampled_from(names["moment"]), st.sampled_from(["before", "after"]), DAYS).map(
        lambda told: {"field": told[0], told[1]: (NOW.date() - timedelta(days=told[2])).isoformat()}
    )
    return st.one_of(known, code_is, code_in, number, moment, day)


QUERIES = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=6,
)


async def test_what_a_query_means_is_the_same_to_the_store_and_to_the_rules(settings: Settings) -> None:
    """Some two hundred queries over a crowd in which every field is known, unknown, on and off the edge."""
    today = Today(NOW.astimezone(settings.zone).date(), settings.zone)
    crowd = [
        (
            customer(
                f"c-{place:03}",
                owner_id=[None, "li", "mei"][place % 3],
                grade=[None, "A", "B"][place // 3 % 3],
                territory=[None, "east"][place // 2 % 2],
                industry=["A", None][place % 2],
                tags=[(), ("A",), ("A", "li")][place // 4 % 3],
                co_owner_ids=[(), ("li",)][place // 5 % 2],
                created_at=NOW - timedelta(days=[0, 1, 5, 29, 30, 31, 399][place % 7]),
            ),
            None
            if place % 8 == 0
            else Facts(
                visits=place % 4,
                open_deals=place // 2 % 3,
                last_visit_at=None if place % 5 == 0 else NOW - timedelta(days=place % 7),
                last_contact_at=None if place % 3 else today.start(today.day),
            ),
        )
        for place in range(120)
    ]
    client = connect(settings)
    collection = database(client, settings, "queries")["customers"]
    documents = [
        {
            "_id": one.customer_id,
            "state": msgspec.to_builtins(one, builtin_types=(datetime,)),
            **({"facts": asdict(facts)} if facts else {}),
        }
        for one, facts in crowd
    ]
    await collection.insert_many(documents)
    tried: list[dict[str, Any]] = []

    @given(QUERIES)
    @trying(max_examples=200, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    def gather_queries(query: dict[str, Any]) -> None:
        tried.append(query)

    gather_queries()
    for query in tried:
        asked = read_query(query)
        found = {row["_id"] async for row in collection.find(condition_of(asked, today), {"_id": 1})}
        meant = {one.customer_id for one, facts in crowd if meets(asked, one, facts or Facts(), today)}
        assert found == meant, query
    client.close()


async def test_a_segment_is_counted_and_listed_page_by_page_within_the_row_scope(
    customers: httpx.AsyncClient, people: People
) -> None:
    made = [
        await customer_of(customers, people, who, name="段公司", industry="segmented")
        for who in ("li", "mei", "li", "wang")
    ]
    query = {"all": [{"field": "industry", "is": "segmented"}, {"not": {"field": "grade", "is": "A"}}]}
    await posted(customers, f"/customers/{made[2]}/grade", people.as_("li"), 200, version=1, grade="A")

    counted = await posted(customers, "/segments/count", people.as_("chen"), 200, query=query)
    segment = await posted(customers, "/segments", people.as_("chen"), name="Segmented", shared=True, query=query)
    path = f"/segments/{segment['segment_id']}"

    async def members(who: str) -> tuple[list[str], int]:
        found: list[str] = []
        cursor = total = None
        while True:
            params: dict[str, Any] = {"limit": 1, "count": "true", **({"cursor": cursor} if cursor else {})}
            page = (await customers.get(f"{path}/members", headers=people.as_(who), params=params)).json()
            found += [row["customer_id"] for row in page["items"]]
            total, cursor = page["total"], page["next"]
            if cursor is None:
                return found, total

    assert counted["count"] == 2
    assert await members("chen") == ([made[1], made[0]], 2)
    assert await members("wang") == ([made[3]], 1)
    assert await members("viewer") == ([made[3], made[1], made[0]], 3)


async def test_a_segment_of_one_s_own_is_nobody_else_s_until_it_is_shared(
    customers: httpx.AsyncClient, people: People
) -> None:
    query = {"field": "grade", "is": "A"}
    made = await posted(customers, "/segments", people.as_("li"), name="Mine", query=query)
    path = f"/segments/{made['segment_id']}"

    async def status(who: str) -> int:
        return (await customers.get(path, headers=people.as_(who))).status_code

    before = {who: await status(who) for who in ("li", "mei", "chen", "wang")}
    await posted(customers, f"{path}/change", people.as_("li"), 200, version=1, shared=True)

    assert before == {"li": 200, "mei": 404, "chen": 200, "wang": 404}
    assert await status("wang") == 200
    answer = await customers.post(f"{path}/drop", json={"version": 2}, headers=people.as_("wang"))
    assert answer.status_code == 404
    assert (await customers.post(f"{path}/drop", json={"version": 2}, headers=people.as_("li"))).status_code == 204
    assert await status("li") == 404


async def test_a_query_that_is_none_is_refused_at_its_place(customers: httpx.AsyncClient, people: People) -> None:
    bad = {"all": [{"field": "grade", "$ne": None}]}

    problem = await posted(customers, "/segments/count", people.as_("li"), 422, query=bad)

    assert (code(problem), problem["errors"][0]["field"]) == ("bad-comparison", "/query/all/0")


async def seen(client: httpx.AsyncClient, people: People, query: dict[str, Any]) -> int:
    told = await posted(client, "/segments/count", people.as_("admin"), 200, query=query)
    return int(told["count"])


async def test_a_visit_that_is_told_on_the_log_counts_once_and_no_more_when_it_is_voided(
    customers: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    id_ = await customer_of(customers, people, "li", name="被访公司", industry="visited")
    whose: dict[str, Any] = {"member_id": "li", "owner_id": "li", "team_id": None}
    visits = [
        VisitLogged(**whose, visit_id=f"{id_}-{n}", customer_id=id_, started_at=at, ended_at=at)
        for n, at in enumerate((NOW - timedelta(days=9), NOW - timedelta(days=2)))
    ]
    twice = {"all": [{"field": "industry", "is": "visited"}, {"field": "visits", "is": 2}]}
    once = {
        "all": [
            {"field": "industry", "is": "visited"},
            {"field": "visits", "is": 1},
            {"field": "last_visit", "older_than_days": 7},
        ]
    }

    await publish(settings, *((visit, visit.started_at) for visit in (visits[0], visits[1], visits[1])))
    await eventually(lambda: seen(customers, people, twice), lambda count: count == 1)
    await publish(settings, (VisitVoided(**whose, visit_id=visits[1].visit_id, reason="mistake"), NOW))

    await eventually(lambda: seen(customers, people, once), lambda count: count == 1)


async def test_many_visits_that_are_told_at_once_all_count(
    customers: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    many = MOST_NEW_AT_ONCE + READ_AT_ONCE
    id_ = await customer_of(customers, people, "li", industry="often-visited")
    whose: dict[str, Any] = {"member_id": "li", "owner_id": "li", "team_id": None, "customer_id": id_}
    at = NOW - timedelta(days=1)
    visits = [VisitLogged(**whose, visit_id=f"{id_}-{n}", started_at=at, ended_at=at) for n in range(many)]

    await publish(settings, *((visit, at) for visit in visits))

    asked = {"all": [{"field": "industry", "is": "often-visited"}, {"field": "visits", "is": many}]}
    await eventually(lambda: seen(customers, people, asked), lambda count: count == 1)


async def test_deals_that_outside_systems_tell_of_count_also_when_the_event_names_no_customer(
    customers: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    id_ = await customer_of(customers, people, "li", industry="told-deals")
    worth: dict[str, Any] = {"owner_id": "li", "team_id": None, "pipeline": "erp", "amount": 70_000, "currency": "CNY"}
    begun = [DealOpened(**worth, deal_id=f"{id_}-{n}", customer_id=id_, stage="lead-in") for n in range(2)]
    won = DealWon(**worth, deal_id=begun[0].deal_id, stage="lead-in")

    await publish(settings, *((event, NOW - timedelta(days=2)) for event in begun), (won, NOW - timedelta(days=1)))

    ours: dict[str, Any] = {"field": "industry", "is": "told-deals"}
    facts = [{"field": "open_deals", "is": 1}, {"field": "deals_won", "is": 1}, {"field": "turnover", "is": 70_000}]
    await eventually(lambda: seen(customers, people, {"all": [ours, *facts]}), lambda count: count == 1)


async def test_rules_grade_customers_and_a_grade_given_by_hand_holds(
    customers: httpx.AsyncClient, people: People, log: Heard
) -> None:
    big, small, held = [
        await customer_of(customers, people, "li", name=name, industry="graded") for name in ("大", "小", "定")
    ]
    deal = await posted(customers, "/deals", people.as_("li"), customer_id=big, amount=900_000)
    await posted(customers, f"/deals/{deal['deal_id']}/win", people.as_("li"), 200, version=deal["version"])
    until = (NOW + timedelta(days=30)).date().isoformat()
    await posted(
        customers, f"/customers/{held}/grade", people.as_("li"), 200, version=1, grade="B", holds_until_on=until
    )
    ours: dict[str, Any] = {"field": "industry", "is": "graded"}
    won = {"all": [ours, {"field": "turnover", "at_least": 900_000}]}
    await eventually(lambda: seen(customers, people, won), lambda count: count == 1)
    rules = [
        {"rule": "big", "grade": "A", "when": won},
        {"rule": "rest", "grade": "C", "when": ours},
    ]

    tried = await posted(customers, "/grade-rules/try", people.as_("admin"), 200, rules=rules)
    before = [(await read(customers, people, id_))["grade"] for id_ in (big, small, held)]
    put = await customers.put(
        "/grade-rules", json={"version": 0, "rules": rules, "every_days": 0}, headers=people.as_("admin")
    )
    ran = await posted(customers, "/grade-rules/run", people.as_("admin"), 200)
    again = await posted(customers, "/grade-rules/run", people.as_("admin"), 200)

    assert (put.status_code, put.json()["next_at"]) == (200, None)
    assert before == [None, None, "B"]
    assert tried["graded"] == ran["graded"] == 2
    assert (tried["steps"], tried["held_by_hand"], again["graded"]) == ({"->A": 1, "->C": 1}, 1, 0)
    assert [(await read(customers, people, id_))["grade"] for id_ in (big, small, held)] == ["A", "C", "B"]
    (_, graded) = await said(log, big, 2)
    assert isinstance(graded, CustomerGraded)
    assert (graded.to_grade, graded.graded_by, graded.reason) == ("A", "rule", "big")
    assert (await customers.get("/grade-rules", headers=people.as_("chen"))).status_code == 403
