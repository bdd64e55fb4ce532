"""Every kind of row comes in by its sheet, counts on its day, and is made once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from backbone.settings import Settings
from drumbeat.cli import app
from tests.people import People, gather
from tests.serving import ADMIN_KEY, Service, serving

SERVICES = ("directory", "leads", "customers", "activities", "gateway")


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), SERVICES) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture(autouse=True)
def _as_admin(services: dict[str, Service], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUMBEAT_URL", services["gateway"].url)
    monkeypatch.setenv("DRUMBEAT_API_KEY", ADMIN_KEY)


def run(kind: str, path: Path, *words: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["import", kind, str(path), *words, "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return {name: told[name] for name in ("read", "accepted", "duplicate", "rejected")}


def sheet(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def told(read: int, accepted: int, duplicate: int, *rejected: tuple[int, str | None]) -> dict[str, Any]:
    return {"read": read, "accepted": accepted, "duplicate": duplicate, "rejected": list(rejected)}


def places(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "rejected": [(row["line"], row["column"]) for row in found["rejected"]]}


async def listed(service: Service, path: str, **wanted: str) -> list[dict[str, Any]]:
    async with service.client() as client:
        answer = await client.get(path, params={"limit": "200", **wanted})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


async def test_leads(services: dict[str, Service], people: People, tmp_path: Path) -> None:
    li = people.ids["li"]
    path = sheet(
        tmp_path / "leads.csv",
        "channel,company_name,contact.name,contact.phone,value_estimate,currency,owner_id\n"
        f"fair,上海长城有限公司,王伟,13800000001,1200.50,CNY,{li}\n"
        f"fair,北京银河科技有限公司,李娜,13800000002,,,{li}\n"
        f"fair,上海長城 有限公司,王 伟,13800000001,,,{li}\n"
        f"fair,,张三,not a phone,,,{li}\n"
        "fair,天津海河商贸有限公司,赵六,13800000004,,,nobody\n",
    )

    tried = run("leads", path, "--amounts", "major", "--dry-run")
    found = run("leads", path, "--amounts", "major")

    assert places(found) == told(5, 2, 1, (4, None), (5, "contact.phone"), (6, "owner_id")) | {
        "rejected": places(found)["rejected"]
    }
    assert {(5, "contact.phone"), (6, "owner_id")} <= set(places(found)["rejected"])
    assert (tried["accepted"], tried["duplicate"]) == (found["accepted"], found["duplicate"])
    assert (4, None, "It is the same as line 2 of this file.") in [tuple(row.values()) for row in tried["rejected"]]
    leads = await listed(services["leads"], "/leads", owner_id=li)
    assert sorted(lead["company_name"] for lead in leads) == ["上海长城有限公司", "北京银河科技有限公司"]
    assert sorted(lead["value_estimate"] or 0 for lead in leads) == [0, 120_050]


async def test_customers_and_their_deals(services: dict[str, Service], people: People, tmp_path: Path) -> None:
    mei = people.ids["mei"]
    path = sheet(
        tmp_path / "customers.csv",
        "name,owner_id,grade,tags,created_at\n"
        f"Acme,{mei},A,big;north,2026-03-01T09:00:00+08:00\n"
        f"Bolt,{mei},D,,2026-03-01T09:00:00+08:00\n",
    )

    assert places(run("customers", path)) == told(2, 1, 0, (3, "grade"))

    (customer,) = await listed(services["customers"], "/customers", owner_id=mei)
    assert (customer["name"], customer["created_at"]) == ("Acme", "2026-03-01T01:00:00Z")
    deals = sheet(
        tmp_path / "deals.csv",
        "name,owner_id,customer_id,amount,opened_at\n"
        f"First,{mei},{customer['customer_id']},12.5,2026-03-02T09:00:00+08:00\n"
        f"Second,{mei},nobody,1,2026-03-02T09:00:00+08:00\n",
    )
    assert places(run("deals", deals, "--amounts", "major")) == told(2, 1, 0, (3, "customer_id"))
    (deal,) = await listed(services["customers"], "/deals", owner_id=mei)
    assert (deal["amount"], deal["name"]) == (1_250, "First")


async def test_visits(services: dict[str, Service], people: People, tmp_path: Path) -> None:
    wang = people.ids["wang"]
    path = sheet(
        tmp_path / "visits.csv",
        "member_id,customer_id,started_at,ended_at,outcome\n"
        f"{wang},c-1,2026-03-01T09:00:00+08:00,2026-03-01T10:00:00+08:00,order\n"
        f"{wang},c-1,2026-03-01T10:00:00+08:00,2026-03-01T09:00:00+08:00,order\n",
    )

    assert places(run("visits", path)) == told(2, 1, 0, (3, "ended_at"))
    assert run("visits", path) == run("visits", path)

    visits = await listed(services["activities"], "/visits", member_id=wang)
    assert [visit["outcome"] for visit in visits] == ["order"]
