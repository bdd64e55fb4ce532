"""The public pool on the real store: parallel claims through HTTP, and timers with a clock of the test's own."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from backbone.clock import utc_now
from backbone.contract.activities import FollowUpLogged
from backbone.contract.envelope import EventData, seal
from backbone.contract.ids import new_event_id
from backbone.service import opened
from backbone.settings import Settings
from backbone.testing import eventually
from services.leads.desk import Desk
from services.leads.handlers import timers
from services.leads.store import Store
from tests.listening import listening
from tests.serving import Service, bearer, serving

CLAIMERS = 20
LEADS = 100


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "leads"]) as services:
        yield services


@pytest.fixture
async def directory(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["directory"].client() as client:
        yield client


@pytest.fixture
async def leads(services: dict[str, Service]) -> AsyncIterator[httpx.AsyncClient]:
    async with services["leads"].client() as client:
        yield client


@pytest.fixture
async def desk(services: dict[str, Service]) -> AsyncIterator[Desk]:
    """What the use cases of leads work with, on the very store the service works on."""
    chosen = services["leads"].settings
    async with opened("leads", chosen) as backbone:
        desk = Desk(
            Store(backbone), backbone.members, utc_now, chosen.currency, chosen.zone, siblings=backbone.siblings
        )
        await desk.store.at_hand.refresh()
        yield desk


async def hired(directory: httpx.AsyncClient, team_id: str | None = None, role: str = "rep") -> dict[str, Any]:
    team_id = team_id or (await directory.post("/teams", json={"name": "North"})).json()["team_id"]
    person = {"name": "Lin", "role": role, "team_id": team_id}
    member_id = (await directory.post("/members", json=person)).json()["member_id"]
    key = (await directory.post("/keys", json={"role": role, "member_id": member_id, "label": "phone"})).json()
    return {"member_id": member_id, "team_id": team_id, "headers": bearer(key["key"])}


async def pooled(leads: httpx.AsyncClient, **told: Any) -> str:
    body = {"channel": "web", "contact": {"name": "Bo Li"}, "owner_id": None, **told}
    answer = await leads.post("/leads", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["lead_id"])


async def laid_down(leads: httpx.AsyncClient, **told: Any) -> None:
    present = (await leads.get("/policies/pool")).json()
    answer = await leads.put("/policies/pool", json={**present, **told})
    assert answer.status_code == 200, answer.text


async def claim(leads: httpx.AsyncClient, rep: dict[str, Any], lead_id: str) -> tuple[int, str]:
    answer = await leads.post(f"/pool/{lead_id}/claim", json={}, headers=rep["headers"])
    said = answer.json()
    return answer.status_code, said.get("type", "").rpartition(":")[2] or said.get("owner_id", "")


async def test_of_200_parallel_claims_on_100_leads_exactly_100_win_and_nobody_passes_a_bound(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient
) -> None:
    await laid_down(leads, claims_per_day=10, capacity={"-": 9})
    team_id = (await directory.post("/teams", json={"name": "North"})).json()["team_id"]
    reps = await asyncio.gather(*(hired(directory, team_id) for _ in range(CLAIMERS)))
    lead_ids = await asyncio.gather(*(pooled(leads) for _ in range(LEADS)))

    async def go_on(rep: dict[str, Any], wanted: list[str]) -> list[str]:
        answers = await asyncio.gather(*(claim(leads, rep, lead_id) for lead_id in wanted))
        assert {status for status, _ in answers} <= {200, 422}, answers
        return [lead_id for lead_id, (status, _) in zip(wanted, answers, strict=True) if status == 200]

    # Ten claims each at the same moment, two on every lead.
    wanted = [[lead_ids[(place * 5 + step) % LEADS] for step in range(10)] for place in range(CLAIMERS)]
    won = await asyncio.gather(*map(go_on, reps, wanted))
    winners = Counter(lead_id for some in won for lead_id in some)
    owners = Counter([(await leads.get(f"/leads/{lead_id}")).json()["owner_id"] for lead_id in lead_ids])

    assert sum(map(len, wanted)) == 200
    assert (len(winners), set(winners.values())) == (LEADS, {1})
    assert owners == {rep["member_id"]: len(some) for rep, some in zip(reps, won, strict=True) if some}
    assert max(owners.values()) <= 9


async def test_of_many_claims_of_one_member_as_many_win_as_his_day_allows(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient
) -> None:
    await laid_down(leads, claims_per_day=7, capacity={})
    rep = await hired(directory)
    lead_ids = [await pooled(leads) for _ in range(20)]

    answers = await asyncio.gather(*(claim(leads, rep, lead_id) for lead_id in lead_ids))

    assert Counter(said for status, said in answers if status != 200) == {"daily-limit": 13}
    assert sum(status == 200 for status, _ in answers) == 7


async def test_of_many_claims_of_one_member_as_many_win_as_he_has_room_for_in_their_grade(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient
) -> None:
    await laid_down(leads, claims_per_day=50, capacity={"A": 3})
    rep = await hired(directory)
    graded = [await pooled(leads, grade="A") for _ in range(8)]
    other = await pooled(leads, grade="B")

    answers = await asyncio.gather(*(claim(leads, rep, lead_id) for lead_id in graded))

    assert Counter(said for status, said in answers if status != 200) == {"capacity": 5}
    assert (await claim(leads, rep, other))[0] == 200


async def test_a_claim_sent_twice_is_one_and_the_person_is_shown_to_whoever_has_the_lead(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient
) -> None:
    await laid_down(leads, claims_per_day=2, capacity={})
    rep, other = await hired(directory), await hired(directory)
    lead_id = await pooled(leads, company_name="上海一号泵业有限公司")
    headers = {**rep["headers"], "Idempotency-Key": new_event_id()}

    before = (await leads.get(f"/pool/{lead_id}", headers=rep["headers"])).json()
    first, again = [await leads.post(f"/pool/{lead_id}/claim", json={}, headers=headers) for _ in range(2)]

    assert "contact" not in before
    assert before["company_name"] == "上海一号泵业有限公司"
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert first.json()["contact"]["name"] == "Bo Li"
    assert await claim(leads, other, lead_id) == (422, "not-in-pool")
    assert (await claim(leads, rep, await pooled(leads)))[0] == 200
    assert await claim(leads, rep, await pooled(leads)) == (422, "daily-limit")


async def test_what_was_taken_from_a_member_he_cannot_take_back_for_some_days(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient
) -> None:
    await laid_down(leads, claims_per_day=50, capacity={}, bar_days=7)
    team_id = (await directory.post("/teams", json={"name": "North"})).json()["team_id"]
    rep, mate, boss = [await hired(directory, team_id, role) for role in ("rep", "rep", "manager")]
    lead_id = await pooled(leads)
    await claim(leads, rep, lead_id)

    mine = await leads.post(f"/leads/{lead_id}/release", json={"version": 2, "reason": "far"}, headers=rep["headers"])
    again = await claim(leads, rep, lead_id)
    taken = await leads.post(
        f"/leads/{lead_id}/release", json={"version": 4, "reason": "idle"}, headers=boss["headers"]
    )

    assert (mine.status_code, again[0], taken.status_code) == (200, 200, 200)
    assert await claim(leads, rep, lead_id) == (422, "barred")
    assert (await claim(leads, mate, lead_id))[0] == 200


async def test_an_idle_lead_is_told_of_twice_and_recycled_unless_somebody_is_in_touch(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient, desk: Desk, settings: Settings
) -> None:
    await laid_down(leads, claims_per_day=50, capacity={})
    rep = await hired(directory)
    ids = alone, cared_for = await pooled(leads), await pooled(leads)
    for lead_id in ids:
        assert (await claim(leads, rep, lead_id))[0] == 200
    began = utc_now()

    async def look(days: float) -> None:
        await timers.look_after_due(replace(desk, now=lambda: began + timedelta(days=days)))

    def called(at: datetime) -> Any:
        said = FollowUpLogged(
            follow_up_id=new_event_id(), owner_id=rep["member_id"], team_id=None, member_id=rep["member_id"],
            lead_id=cared_for, kind="call", reached=True,
        )  # fmt: skip
        return seal(said, source="/services/activities", time=at)

    await desk.store.at_hand.refresh()
    await look(3.1)
    await timers.note_contacts(desk, [called(began + timedelta(days=4)), called(began + timedelta(days=1))])
    for days in (5.1, 5.2, 6.9, 7.1, 7.2):
        await look(days)

    async with listening(settings, "leads") as heard:

        async def told() -> dict[str, list[str]]:
            # Two relays publish here, so an event may come twice, under one id.
            return {one: list({e.id: _word(e.data) for e in heard if e.subject == one}.values())[2:] for one in ids}

        await eventually(told, lambda said: len(said[alone]) >= 3 and len(said[cared_for]) >= 2)
        assert await told() == {
            alone: ["lead-idle owner", "lead-idle manager", "lead-recycled"],
            cared_for: ["lead-idle owner", "lead-idle owner"],
        }
    assert (await leads.get(f"/pool/{alone}")).status_code == 200
    assert await claim(leads, rep, alone) == (422, "barred")


async def test_a_changed_policy_moves_the_timers_of_all_leads(
    directory: httpx.AsyncClient, leads: httpx.AsyncClient
) -> None:
    await laid_down(leads, claims_per_day=50, capacity={}, idle={})
    rep = await hired(directory)
    lead_id = await pooled(leads)
    await claim(leads, rep, lead_id)

    await laid_down(leads, idle={"-": {"remind_owner_days": 2, "remind_manager_days": None, "recycle_days": 4}})

    async def quiet() -> Any:
        return (await leads.get(f"/leads/{lead_id}/quiet", headers=rep["headers"])).json()

    found = await eventually(quiet, lambda said: said["next_at"] is not None)
    since, next_at = (datetime.fromisoformat(found[name]) for name in ("since", "next_at"))
    assert next_at - since == timedelta(days=2)


def _word(said: EventData) -> str:
    return f"{said.type} {getattr(said, 'level', '')}".strip()
