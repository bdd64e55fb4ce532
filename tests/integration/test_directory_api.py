import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from backbone.callers import key_hash
from backbone.contract.directory import MemberJoined, MemberLeft, MemberMoved, TeamChanged
from backbone.contract.ids import new_event_id
from backbone.mongo import Database, connect, database
from backbone.settings import Settings
from backbone.testing import eventually
from tests.listening import listening
from tests.serving import Service, bearer, serving

Sent = dict[str, Any]


@pytest.fixture(scope="module")
def service(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory"]) as services:
        yield services["directory"]


@pytest.fixture
def store(settings: Settings) -> Iterator[Database]:
    client = connect(settings)
    yield database(client, settings, "directory")
    client.close()


@pytest.fixture
async def directory(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with service.client() as client:
        yield client


async def make(directory: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await directory.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def member(directory: httpx.AsyncClient, **body: Any) -> str:
    return str((await make(directory, "/members", **{"name": "Lin", **body}))["member_id"])


async def team(directory: httpx.AsyncClient, parent_id: str | None = None) -> str:
    return str((await make(directory, "/teams", name="North", parent_id=parent_id))["team_id"])


async def key_of(directory: httpx.AsyncClient, role: str, member_id: str | None = None) -> dict[str, str]:
    made = await make(directory, "/keys", role=role, member_id=member_id, label="test")
    return bearer(made["key"])


async def test_a_request_sent_twice_under_one_idempotency_key_acts_once(
    directory: httpx.AsyncClient, settings: Settings
) -> None:
    first_team, second_team = await team(directory), await team(directory)
    joining: Sent = {"json": {"name": "Lin", "team_id": first_team}, "headers": {"Idempotency-Key": new_event_id()}}
    moving: Sent = {"json": {"version": 1, "team_id": second_team}, "headers": {"Idempotency-Key": new_event_id()}}

    joined = [await directory.post("/members", **joining) for _ in range(2)]
    lin = joined[0].json()["member_id"]
    moved = [await directory.post(f"/members/{lin}/move", **moving) for _ in range(2)]
    await directory.post(f"/members/{lin}/leave", json={"version": 2})

    assert joined[0].json() == joined[1].json()
    assert moved[0].json() == moved[1].json()
    assert [answer.headers.get("Idempotent-Replayed") for answer in joined + moved] == [None, "true", None, "true"]
    async with listening(settings, "directory") as heard:
        assert await eventually(lambda: _later(heard.of(lin)), lambda said: len(said) >= 3) == [
            MemberJoined(member_id=lin, name="Lin", role="rep", team_id=first_team),
            MemberMoved(member_id=lin, from_team_id=first_team, team_id=second_team),
            MemberLeft(member_id=lin, team_id=second_team),
        ]


async def _later(said: list[Any]) -> list[Any]:
    return said


async def test_an_idempotency_key_taken_for_another_request_is_refused(directory: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": new_event_id()}
    await directory.post("/members", json={"name": "Lin"}, headers=headers)

    answer = await directory.post("/members", json={"name": "Wang"}, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:drumbeat:problem:idempotency-key-reused")


async def test_of_two_changes_at_once_one_wins_and_the_other_hears_of_it(
    directory: httpx.AsyncClient, settings: Settings
) -> None:
    name = await team(directory)

    answers = await asyncio.gather(
        *(directory.patch(f"/teams/{name}", json={"version": 1, "name": f"North {n}"}) for n in range(6))
    )

    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (await directory.get(f"/teams/{name}")).json() == won
    async with listening(settings, "directory") as heard:
        assert await eventually(lambda: _later(heard.of(name)), lambda said: len(said) >= 2) == [
            TeamChanged(team_id=name, name="North", parent_id=None),
            TeamChanged(team_id=name, name=won["name"], parent_id=None),
        ]


async def test_the_tree_lists_each_team_before_those_below_it(directory: httpx.AsyncClient) -> None:
    top = await team(directory)
    middle = await team(directory, top)
    low = await team(directory, middle)

    listed = (await directory.get("/teams/tree")).json()["teams"]

    rows = [(row["team_id"], row["parent_id"], row["depth"]) for row in listed if row["team_id"] in {top, middle, low}]
    assert rows == [(top, None, 0), (middle, top, 1), (low, middle, 2)]


async def test_a_team_is_not_hung_below_itself(directory: httpx.AsyncClient) -> None:
    top = await team(directory)
    low = await team(directory, top)

    answer = await directory.patch(f"/teams/{top}", json={"version": 1, "parent_id": low})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "/parent_id")


async def test_a_list_that_has_not_changed_is_not_sent_again(directory: httpx.AsyncClient) -> None:
    await member(directory, name="Before")
    first = await directory.get("/members/names")

    known = await directory.get("/members/names", headers={"If-None-Match": first.headers["etag"]})
    await member(directory, name="After")
    changed = await directory.get("/members/names", headers={"If-None-Match": first.headers["etag"]})

    assert (first.status_code, known.status_code, known.content, changed.status_code) == (200, 304, b"", 200)


async def test_members_are_paged_without_gaps(directory: httpx.AsyncClient) -> None:
    north = await team(directory)
    made = {await member(directory, team_id=north) for _ in range(5)}

    pages, cursor = [], None
    while True:
        page = (await directory.get("/members", params=_told(team_id=north, limit=2, cursor=cursor))).json()
        pages.append([row["member_id"] for row in page["items"]])
        if (cursor := page["next"]) is None:
            break

    assert [len(page) for page in pages] == [2, 2, 1]
    assert {row for page in pages for row in page} == made


def _told(**params: Any) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


async def test_a_manager_sees_the_members_below_him_and_a_rep_himself(directory: httpx.AsyncClient) -> None:
    top = await team(directory)
    low, other = await team(directory, top), await team(directory)
    boss = await member(directory, role="manager", team_id=top)
    lin, stranger = await member(directory, team_id=low), await member(directory, team_id=other)
    as_boss, as_lin = await key_of(directory, "manager", boss), await key_of(directory, "rep", lin)

    seen_by_boss = (await directory.get("/members", headers=as_boss)).json()["items"]
    seen_by_lin = (await directory.get("/members", headers=as_lin)).json()["items"]

    assert {row["member_id"] for row in seen_by_boss} == {boss, lin}
    assert [row["member_id"] for row in seen_by_lin] == [lin]
    assert (await directory.get(f"/members/{stranger}", headers=as_boss)).status_code == 404
    assert (await directory.get(f"/members/{boss}", headers=as_lin)).status_code == 404


@pytest.mark.parametrize("role", ["manager", "rep", "viewer", "clock", "publisher"])
async def test_only_an_admin_writes(directory: httpx.AsyncClient, role: str) -> None:
    lin = await member(directory)
    headers = await key_of(directory, role, lin)

    answers = [
        await directory.post("/members", json={"name": "Wang"}, headers=headers),
        await directory.post("/teams", json={"name": "North"}, headers=headers),
        await directory.post("/keys", json={"role": "admin", "label": "mine"}, headers=headers),
        await directory.get("/keys", headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4


async def test_a_publisher_reads_no_names(directory: httpx.AsyncClient) -> None:
    headers = await key_of(directory, "publisher")

    paths = ["/members", "/members/names", "/teams/tree"]

    assert [(await directory.get(path, headers=headers)).status_code for path in paths] == [403] * 3


async def test_a_key_is_shown_once_and_kept_as_its_hash(directory: httpx.AsyncClient, store: Database) -> None:
    retried: Sent = {"json": {"role": "viewer", "label": "wall screen"}, "headers": {"Idempotency-Key": new_event_id()}}

    made = (await directory.post("/keys", **retried)).json()
    again = (await directory.post("/keys", **retried)).json()
    listed = (await directory.get("/keys", params={"limit": 200})).json()["items"]

    shown = {name: value for name, value in made.items() if name != "key"}
    assert made["key"].startswith(f"db_{made['key_id']}_")
    assert again == {**shown, "key": None}
    assert shown in listed
    kept = await store["keys"].find_one({"_id": made["key_id"]})
    assert kept is not None
    assert kept["state"]["hash"] == key_hash(made["key"])
    assert made["key"] not in repr(kept)


async def test_a_withdrawn_key_opens_nothing(directory: httpx.AsyncClient) -> None:
    made = await make(directory, "/keys", role="viewer", label="wall screen")
    before = await directory.get("/teams/tree", headers=bearer(made["key"]))

    withdrawn = [await directory.post(f"/keys/{made['key_id']}/withdraw") for _ in range(2)]

    assert (before.status_code, withdrawn[0].json()) == (200, withdrawn[1].json())
    assert (await directory.get("/teams/tree", headers=bearer(made["key"]))).status_code == 401
    verdict = await directory.post("/keys/verify", json={"hash": key_hash(made["key"])})
    assert verdict.json() == {
        "valid": False,
        "denied": False,
        "key_id": None,
        "role": None,
        "member_id": None,
        "team_id": None,
        "teams": [],
        "scope": None,
        "groups": [],
        "deputy_id": None,
    }


async def test_the_keys_of_who_leaves_open_nothing(directory: httpx.AsyncClient) -> None:
    lin = await member(directory)
    headers = await key_of(directory, "rep", lin)

    await directory.post(f"/members/{lin}/leave", json={"version": 1, "reason": "retired"})

    assert (await directory.get("/members", headers=headers)).status_code == 401


async def test_other_services_learn_whose_key_it_is_without_a_key_of_their_own(service: Service) -> None:
    async with service.client() as admin:
        top = await team(admin)
        low = await team(admin, top)
        boss = await member(admin, role="manager", team_id=top)
        made = await make(admin, "/keys", role="manager", member_id=boss, label="desk")
    async with service.client(key=None) as anybody:
        verdict = await anybody.post("/keys/verify", json={"hash": key_hash(made["key"])})
        looked_up = await anybody.post("/members/lookup", json={"member_ids": [boss, "nobody"]})

    assert verdict.json() == {
        "valid": True,
        "denied": False,
        "key_id": made["key_id"],
        "role": "manager",
        "member_id": boss,
        "team_id": top,
        "teams": sorted([top, low]),
        "scope": None,
        "groups": [],
        "deputy_id": None,
    }
    assert looked_up.json() == {
        "members": [
            {
                "member_id": boss,
                "name": "Lin",
                "team_id": top,
                "active": True,
                "role": "manager",
                "on_duty": True,
                "territories": [],
            }
        ]
    }


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/members", {"name": "Lin", "team_id": "nowhere"}, "/team_id"),
        ("/members", {"name": "Lin", "member_id": "two words"}, "/member_id"),
        ("/members", {"name": ""}, "/name"),
        ("/members", {"name": 7}, "/name"),
        ("/members", {"name": "Lin", "salary": 1}, "/salary"),
        ("/teams", {"name": "North", "parent_id": "nowhere"}, "/parent_id"),
        ("/teams", {"name": "North", "lead_id": "nobody"}, "/lead_id"),
        ("/keys", {"role": "rep", "label": "phone"}, "/member_id"),
        ("/keys", {"role": "king", "label": "phone"}, "/role"),
    ],
)
async def test_a_wrong_field_is_named(
    directory: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await directory.post(path, json=body)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_an_id_that_is_taken_is_refused(directory: httpx.AsyncClient) -> None:
    lin = await member(directory)

    answer = await directory.post("/members", json={"member_id": lin, "name": "Wang"})

    assert answer.status_code == 409
