"""`drumbeat import` and `drumbeat publish` as a person runs them, against a running gateway."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from backbone.settings import Settings
from backbone.testing import eventually
from drumbeat.cli import app
from tests.import_samples import (
    crm_folder,
    loan_line,
    loans_file,
    ticket,
    ticket_event,
    tickets_file,
)
from tests.listening import Heard, listening
from tests.people import People, gather
from tests.serving import Service, serving


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "gateway"]) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture(autouse=True)
def _as_a_publisher(services: dict[str, Service], people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUMBEAT_URL", services["gateway"].url)
    monkeypatch.setenv("DRUMBEAT_API_KEY", people.keys["publisher"]["Authorization"].removeprefix("Bearer "))


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Heard]:
    async with listening(settings, "directory", "customers", "deals", "activities", "complaints") as heard:
        yield heard


def run(*words: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=stdin)


def answered(result: Result) -> dict[str, Any]:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def summary(read: int, accepted: int, duplicate: int, *rejected: dict[str, Any]) -> dict[str, Any]:
    return {
        "read": read,
        "sent": accepted + duplicate,
        "accepted": accepted,
        "duplicate": duplicate,
        "rejected": list(rejected),
    }


@pytest.mark.parametrize("kind", ["crm-pipeline", "bpi2012", "helpdesk"])
def test_a_file_is_imported_and_a_second_import_changes_nothing(kind: str, tmp_path: Path) -> None:
    path, rows, events = {
        "crm-pipeline": (crm_folder(tmp_path), 4, 8 + 2 + 9),
        "bpi2012": (loans_file(tmp_path, loan_line(0, "A_SUBMITTED", "01T00:00:00.000")), 1, 2 + 1),
        "helpdesk": (tickets_file(tmp_path, ticket(ticket_event("Wait", "09T14:00:00.000"))), 1, 2 + 2),
    }[kind]

    first, second = run("import", kind, str(path), "--json"), run("import", kind, str(path), "--json")

    assert (first.exit_code, answered(first)) == (0, summary(rows, events, 0))
    assert (second.exit_code, answered(second)) == (0, summary(rows, 0, events))


async def test_imported_events_are_on_the_log_with_their_tag_and_their_own_times(tmp_path: Path, log: Heard) -> None:
    run("import", "crm-pipeline", str(crm_folder(tmp_path)))

    async def deal() -> list[tuple[str, str | None, str, int | None]]:
        return [(one.type, one.imported, one.time.isoformat(), one.sequence) for one in log if one.subject == "crm:A1"]

    assert await eventually(deal, lambda found: len(found) >= 3) == [
        ("deal-opened", "crm-pipeline", "2016-10-25T12:00:00+08:00", 1),
        ("stage-changed", "crm-pipeline", "2016-10-25T12:00:00+08:00", 2),
        ("deal-won", "crm-pipeline", "2017-03-11T12:00:00+08:00", 3),
    ]


async def test_imported_people_are_known_to_the_directory(services: dict[str, Service], tmp_path: Path) -> None:
    run("import", "crm-pipeline", str(crm_folder(tmp_path)))

    async def darcel() -> httpx.Response:
        async with services["directory"].client() as client:
            return await client.get("/members/crm:darcel-schlecht")

    found = (await eventually(darcel, lambda answer: answer.status_code == 200)).json()
    assert (found["name"], found["team_id"], found["role"]) == ("Darcel Schlecht", "crm:team-melvin-marxen", "rep")


def test_with_one_bad_cell_nothing_is_sent_and_every_bad_one_is_listed(tmp_path: Path) -> None:
    folder = crm_folder(
        tmp_path,
        sales_pipeline=(
            "B1,Darcel Schlecht,GTXPro,Isdom,Won,2016-10-25,2017-03-11,lots\n"
            "B2,Nobody,GTXPro,Isdom,Won,2016-10-25,2017-03-11,7\n"
            "B3,Darcel Schlecht,GTXPro,Isdom,Prospecting,,,\n"
        ),
    )
    bad = [
        ("sales_pipeline.csv", 6, "close_value", "'lots' is no number"),
        ("sales_pipeline.csv", 7, "sales_agent", "'Nobody' is no known agent of sales_teams.csv"),
    ]
    rejected = [dict(zip(("file", "line", "column", "reason"), one, strict=True)) for one in bad]

    refused = run("import", "crm-pipeline", str(folder), "--json")
    skipped = run("import", "crm-pipeline", str(folder), "--json", "--skip-bad")
    again = run("import", "crm-pipeline", str(folder), "--skip-bad")

    assert (refused.exit_code, answered(refused)) == (1, summary(7, 0, 0, *rejected))
    told = answered(skipped)
    assert (skipped.exit_code, told["rejected"], told["sent"]) == (1, rejected, 20)
    assert "sales_pipeline.csv, line 6, column close_value: 'lots' is no number" in again.stderr
    assert "20 events sent: 0 new, 20 known before, 0 refused" in again.stdout


def test_a_file_that_was_corrected_under_the_same_ids_is_refused_line_by_line(tmp_path: Path) -> None:
    path = loans_file(tmp_path, loan_line(0, "A_SUBMITTED", "02T00:00:00.000", case="77"))
    assert run("import", "bpi2012", str(path)).exit_code == 0

    other = run("import", "bpi2012", str(path), "--json", "--currency", "EUR")

    (refusal,) = answered(other)["rejected"]
    assert (other.exit_code, refusal["line"], refusal["column"]) == (1, 2, "/id")
    assert refusal["reason"].startswith("id-reused: ")


def event(number: int, **changes: Any) -> str:
    whole = {
        "specversion": "1.0",
        "id": f"0197abcd-0000-7000-8000-{number:012}",
        "source": "urn:acme:crm",
        "type": "customer-created",
        "time": "2026-01-05T09:30:00+08:00",
        "data": {"customer_id": f"acme-{number}", "owner_id": None},
    }
    return json.dumps({**whole, **changes})


def test_events_of_a_file_are_published_and_broken_lines_named_by_number(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join([event(1), "{", "", event(2, type="dreamt"), event(3), event(1)]))

    first, second = run("publish", str(path), "--json"), run("publish", str(path))

    found = answered(first)
    assert first.exit_code == 1
    assert [(one["line"], one["column"], one["reason"]) for one in found["rejected"]] == [
        (2, None, "broken-json"),
        (4, "/type", "unknown-type"),
    ]
    assert {name: found[name] for name in ("read", "sent", "accepted", "duplicate")} == {
        "read": 5,
        "sent": 4,
        "accepted": 2,
        "duplicate": 1,
    }
    assert "line 2: The line is no JSON" in second.stderr
    assert "5 lines read: 0 new, 3 known before, 2 refused" in second.stdout


def test_events_can_come_through_a_pipe() -> None:
    told = run("publish", "-", "--json", stdin="".join(event(number) + "\n" for number in range(100, 1_250)))

    assert (told.exit_code, answered(told)) == (0, summary(1_150, 1_150, 0))


def test_a_missing_file_and_a_wrong_key_are_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = run("publish", str(tmp_path / "none.jsonl"))
    monkeypatch.setenv("DRUMBEAT_API_KEY", "db_000000000000_wrong")
    refused = run("import", "crm-pipeline", str(crm_folder(tmp_path)))

    assert str(missing.exception).endswith("none.jsonl cannot be opened: No such file or directory")
    assert str(refused.exception) == "This API key is not known or was withdrawn; ask an admin."
