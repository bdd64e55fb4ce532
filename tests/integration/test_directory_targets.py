"""Targets on the real store: proposed, approved from above, spread down the tree, exact to the minor unit."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from backbone.contract.directory import TargetProposed, TargetReturned, TargetSet
from backbone.failpoints import VARIABLE
from backbone.settings import Settings
from backbone.testing import eventually
from tests.listening import listening
from tests.people import People, gather
from tests.serving import Service, bearer, serving

Sent = dict[str, Any]


class Cut:
    """Where the service shall die next, once; see `backbone.failpoints`."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def at(self, point: str) -> None:
        self.file.write_text(point)

    def happened(self) -> bool:
        return not self.file.exists()


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Cut:
    return Cut(tmp_path_factory.mktemp("points") / "next")


@pytest.fixture(scope="module")
def service(settings: Settings, tmp_path_factory: pytest.TempPathFactory, cut: Cut) -> Iterator[Service]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(VARIABLE, f"@{cut.file}")
        with serving(settings, tmp_path_factory.mktemp("logs"), ["directory"]) as services:
            yield services["directory"]


@pytest.fixture(scope="module")
def people(service: Service) -> People:
    return gather(service)


@pytest.fixture
async def directory(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with service.client() as client:
        yield client


async def boss_of_all(directory: httpx.AsyncClient, people: People) -> dict[str, str]:
    """A manager of the company, above both teams."""
    tree = (await directory.get("/teams/tree")).json()["teams"]
    member = await directory.post("/members", json={"name": "Zhao", "role": "manager", "team_id": tree[0]["team_id"]})
    wanted = {"role": "manager", "member_id": member.json()["member_id"], "label": "desk"}
    return bearer((await directory.post("/keys", json=wanted)).json()["key"])


async def proposed(directory: httpx.AsyncClient, headers: dict[str, str], **wish: Any) -> Sent:
    answer = await directory.post("/targets", json=wish, headers=headers)
    assert answer.status_code == 201, answer.text
    made: Sent = answer.json()
    return made


async def step(directory: httpx.AsyncClient, target: Sent, verb: str, headers: dict[str, str], **body: Any) -> Sent:
    answer = await directory.post(
        f"/targets/{target['target_id']}/{verb}", json={"version": target["version"], **body}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    moved: Sent = answer.json()
    return moved


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def test_a_target_is_proposed_returned_proposed_anew_and_approved_with_its_history(
    directory: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    li, chen = people.ids["li"], people.ids["chen"]

    first = await proposed(
        directory, people.as_("li"), member_id=li, metric="won-amount", period="2031-Q1", value=100, note="ambitious"
    )
    returned = await step(directory, first, "return", people.as_("chen"), note="too low")
    again = await step(
        directory, returned, "propose", people.as_("li"), value=1000, weights={"2031-01": 1, "2031-03": 2}
    )
    approved = await step(directory, again, "approve", people.as_("chen"))

    assert (first["months"], first["currency"]) == ({"2031-01": 33, "2031-02": 33, "2031-03": 34}, "CNY")
    assert approved["months"] == {"2031-01": 333, "2031-02": 0, "2031-03": 667}
    assert (first["approved_value"], again["approved_value"], approved["approved_value"]) == (None, None, 1000)
    assert [(one["state"], one["value"], one["by"], one["note"]) for one in approved["history"]] == [
        ("proposed", 100, li, "ambitious"),
        ("returned", 100, chen, "too low"),
        ("proposed", 1000, li, None),
        ("approved", 1000, chen, None),
    ]
    async with listening(settings, "directory") as heard:

        async def told() -> list[tuple[type, str, int]]:
            said = heard.of(first["target_id"])
            targets = [one for one in said if isinstance(one, TargetProposed | TargetReturned | TargetSet)]
            return [(type(one), one.period, one.value) for one in targets]

        assert await eventually(told, lambda said: len(said) == 7) == [
            (TargetProposed, "2031-Q1", 100),
            (TargetReturned, "2031-Q1", 100),
            (TargetProposed, "2031-Q1", 1000),
            (TargetSet, "2031-Q1", 1000),
            (TargetSet, "2031-01", 333),
            (TargetSet, "2031-02", 0),
            (TargetSet, "2031-03", 667),
        ]


async def test_nobody_decides_his_own_or_what_he_proposed_and_a_team_is_decided_from_above(
    directory: httpx.AsyncClient, people: People
) -> None:
    zhao = await boss_of_all(directory, people)
    own = await proposed(
        directory, people.as_("chen"), member_id=people.ids["chen"], metric="visits", period="2031-02", value=9
    )
    of_li = await proposed(
        directory, people.as_("chen"), member_id=people.ids["li"], metric="visits", period="2031-02", value=9
    )
    of_team = await proposed(
        directory, zhao, team_id=people.teams["north"], metric="visits", period="2031-02", value=90
    )

    async def approve(target: Sent, headers: dict[str, str]) -> httpx.Response:
        return await directory.post(f"/targets/{target['target_id']}/approve", json={"version": 1}, headers=headers)

    refused = [
        code(await approve(own, people.as_("chen"))),
        code(await approve(of_li, people.as_("chen"))),
        code(await approve(of_li, people.as_("li"))),
        code(await approve(of_li, people.as_("wang"))),
        code(await approve(of_li, people.as_("viewer"))),
        code(await approve(of_team, people.as_("chen"))),
        code(await approve(of_team, zhao)),
    ]

    assert refused == [
        (403, "own-proposal"),
        (403, "own-proposal"),
        (403, "not-above"),
        (404, "not-found"),
        (403, "read-only"),
        (403, "not-above"),
        (403, "own-proposal"),
    ]
    assert (await approve(own, zhao)).status_code == 200
    assert (await approve(of_li, zhao)).status_code == 200
    assert (await approve(of_team, people.as_("admin"))).status_code == 200


async def test_a_teams_target_is_spread_over_its_members_and_adds_up_month_by_month(
    directory: httpx.AsyncClient, people: People
) -> None:
    team_id = people.teams["north"]
    whole = await proposed(
        directory, people.as_("admin"), team_id=team_id, metric="won-amount", period="2032", value=1_000_000_01
    )
    early = await directory.post(
        f"/targets/{whole['target_id']}/spread",
        json={"version": 1, "parts": [{"member_id": people.ids["li"]}]},
        headers=people.as_("chen"),
    )
    approved = await step(directory, whole, "approve", people.as_("admin"))
    parts = [
        {"member_id": people.ids["li"], "weight": 2},
        {"member_id": people.ids["mei"], "weight": 1},
        {"member_id": people.ids["chen"], "weight": 4},
    ]

    await step(directory, approved, "spread", people.as_("chen"), parts=parts)
    tree = (await directory.get(f"/targets/{whole['target_id']}/parts", headers=people.as_("chen"))).json()
    stranger = await directory.post(
        f"/targets/{whole['target_id']}/spread",
        json={"version": tree["target"]["version"], "parts": [{"member_id": people.ids["wang"]}]},
        headers=people.as_("chen"),
    )
    of_li = await directory.get("/targets", params={"parent_id": whole["target_id"]}, headers=people.as_("li"))

    assert code(early) == (422, "not-approved")
    assert (tree["left"], [part["member_id"] for part in tree["parts"]]) == (0, [part["member_id"] for part in parts])
    assert sum(part["value"] for part in tree["parts"]) == 1_000_000_01
    for month, value in tree["target"]["months"].items():
        assert sum(part["months"][month] for part in tree["parts"]) == value
    assert {part["state"] for part in tree["parts"]} == {"proposed"}
    assert code(stranger) == (422, "not-below")
    assert [row["member_id"] for row in of_li.json()["items"]] == [people.ids["li"]]


@pytest.mark.parametrize(
    ("point", "period"), [("target-spread:noted", "2033-Q2"), ("target-spread:part-given", "2033-Q3")]
)
async def test_a_spread_that_a_kill_cut_short_is_finished_by_itself(
    directory: httpx.AsyncClient, service: Service, people: People, cut: Cut, point: str, period: str
) -> None:
    whole = await proposed(
        directory, people.as_("admin"), team_id=people.teams["north"], metric="visits", period=period, value=100
    )
    approved = await step(directory, whole, "approve", people.as_("admin"))
    parts = [{"member_id": people.ids["li"]}, {"member_id": people.ids["mei"]}]

    cut.at(point)
    with pytest.raises(httpx.TransportError):
        await step(directory, approved, "spread", people.as_("chen"), parts=parts)
    service.kill()
    service.launch()
    service.wait()

    async def tree() -> Sent:
        found: Sent = (await directory.get(f"/targets/{whole['target_id']}/parts")).json()
        return found

    found = await eventually(tree, lambda answer: len(answer["parts"]) == 2)
    assert cut.happened()
    assert [(part["member_id"], part["value"]) for part in found["parts"]] == [
        (people.ids["li"], 49),
        (people.ids["mei"], 51),
    ]
    assert [[(one["state"], one["by"]) for one in part["history"]] for part in found["parts"]] == [
        [("proposed", people.ids["chen"])],
        [("proposed", people.ids["chen"])],
    ]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"metric": "likes", "period": "2031", "value": 1}, "/metric"),
        ({"metric": "visits", "period": "2031-W05", "value": 1}, "/period"),
        ({"metric": "visits", "period": "2031", "value": -1}, "/value"),
        ({"metric": "visits", "period": "2031", "value": 1, "currency": "CNY"}, "/currency"),
        ({"metric": "visits", "period": "2031-Q1", "value": 1, "weights": {"2031-07": 1}}, "/weights"),
    ],
)
async def test_a_target_that_makes_no_sense_is_refused_by_its_field(
    directory: httpx.AsyncClient, people: People, wish: Sent, field: str
) -> None:
    answer = await directory.post("/targets", json={"member_id": people.ids["li"], **wish}, headers=people.as_("li"))

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_there_is_one_target_for_a_figure_and_a_period(directory: httpx.AsyncClient, people: People) -> None:
    wish = {"member_id": people.ids["mei"], "metric": "new-leads", "period": "2031-05", "value": 3}
    await proposed(directory, people.as_("mei"), **wish)

    again = await directory.post("/targets", json={**wish, "value": 4}, headers=people.as_("mei"))

    assert code(again) == (409, "version-conflict")
