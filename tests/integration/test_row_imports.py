"""Sheets of rows on the real store: tried, taken in, stopped, cut off and gone on with."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from openpyxl import Workbook
from typer.testing import CliRunner

from backbone.failpoints import VARIABLE
from backbone.settings import Settings
from backbone.testing import eventually
from drumbeat.cli import app
from drumbeat.output import Trouble
from tests.people import People, gather
from tests.serving import ADMIN_KEY, Service, serving

STOPPED_ROWS: Final = 2_500
"""So many that a fast machine is not done before it is stopped."""


@pytest.fixture(scope="module")
def fuse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file that names the fail point to die at."""
    path = tmp_path_factory.mktemp("fuse") / "fuse"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, f"@{path}")
        yield path


@pytest.fixture(scope="module")
def services(settings: Settings, fuse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "gateway"]) as running:
        yield running


@pytest.fixture(scope="module")
def people(services: dict[str, Service]) -> People:
    return gather(services["directory"])


@pytest.fixture(autouse=True)
def _as_admin(services: dict[str, Service], people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUMBEAT_URL", services["gateway"].url)
    monkeypatch.setenv("DRUMBEAT_API_KEY", ADMIN_KEY)


def run(*words: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["import", *words, "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.exit_code, json.loads(result.stdout) if result.stdout else {}


def table(path: Path, lines: Sequence[Sequence[str]]) -> Path:
    path.write_text("\n".join(",".join(line) for line in lines), encoding="utf-8")
    return path


def crowd(word: str, size: int) -> list[list[str]]:
    return [["member_id", "name"], *([f"{word}-{number}", f"{word} {number}"] for number in range(size))]


def summary(read: int, accepted: int, duplicate: int = 0, *rejected: dict[str, Any]) -> dict[str, Any]:
    return {"read": read, "sent": read, "accepted": accepted, "duplicate": duplicate, "rejected": list(rejected)}


def counts(told: dict[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in ("read", "sent", "accepted", "duplicate", "rejected")}


async def found(directory: Service, word: str, size: int) -> int:
    """How many of a crowd are members."""
    known = 0
    async with directory.client() as client:
        for first in range(0, size, 500):
            asked = [f"{word}-{number}" for number in range(first, min(first + 500, size))]
            answer = await client.post("/members/lookup", json={"member_ids": asked})
            known += len(answer.json()["members"])
    return known


async def test_a_dry_run_names_every_bad_cell_and_makes_nothing(
    services: dict[str, Service], people: People, tmp_path: Path
) -> None:
    north = people.teams["north"]
    path = table(
        tmp_path / "people.csv",
        [
            ["工号", "name", "team_id", "remark"],
            ["dry-0", "Zhao", north, "x"],
            ["dry 1", "Qian", north, ""],
            ["dry-2", "", "nowhere", ""],
            ["dry-3", "Sun", "nowhere", ""],
            [people.ids["li"], "Li again", "", ""],
        ],
    )
    words = ("members", str(path), "--map", "工号=member_id", "--map", "remark=")

    code, told = run(*words, "--dry-run")

    assert code == 1
    assert (told["read"], told["accepted"], told["duplicate"]) == (5, 1, 1)
    assert [(row["line"], row["column"]) for row in told["rejected"]] == [
        (3, "member_id"),
        (4, "name"),
        (5, "team_id"),
        (6, None),
    ]
    assert await found(services["directory"], "dry", 4) == 0

    _, made = run(*words)

    assert counts(made) == counts(told)
    assert await found(services["directory"], "dry", 4) == 1


async def test_the_same_file_again_changes_nothing_and_its_members_are_tagged(
    services: dict[str, Service], tmp_path: Path
) -> None:
    book = Workbook(write_only=True)
    page = book.create_sheet()
    for line in crowd("again", 450):
        page.append(line)
    path = tmp_path / "again.xlsx"
    book.save(path)

    _, first = run("members", str(path))
    _, second = run("members", str(path))

    assert counts(first) == summary(450, 450)
    assert second == first
    assert await found(services["directory"], "again", 450) == 450
    async with services["directory"].client() as client:
        audit = (await client.get("/audit", params={"subject": "again-7"})).json()["items"]
    assert [entry["imported"] for entry in audit] == [f"import-{first['import_id']}"]


def test_a_file_that_does_not_fit_is_refused_before_any_row(tmp_path: Path) -> None:
    path = table(tmp_path / "people.csv", [["member_id", "colour"], ["x-1", "red"]])

    result = CliRunner().invoke(app, ["import", "members", str(path)])

    assert isinstance(result.exception, Trouble)
    assert "colour is no column here" in str(result.exception)


async def test_only_roles_that_may_make_such_rows_import_them(services: dict[str, Service], people: People) -> None:
    asked = {"kind": "members", "file": "x.csv", "format": "csv"}
    async with services["directory"].client(None) as client:
        refused = await client.post("/imports", json=asked, headers=people.as_("chen"))
        kinds = await client.get("/imports/kinds", headers=people.as_("chen"))
        unknown = await client.post("/imports", json={**asked, "kind": "boats"}, headers=people.as_("admin"))
        template = await client.get("/imports/kinds/members/template", headers=people.as_("admin"))

    assert (refused.status_code, unknown.status_code) == (403, 404)
    assert kinds.json() == {"kinds": []}
    assert template.content.decode("utf-8-sig").strip() == "name,member_id,role,team_id"


async def test_an_import_that_is_stopped_goes_on_by_the_same_command(
    services: dict[str, Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table(tmp_path / "crowd.csv", crowd("stop", STOPPED_ROWS))

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("drumbeat.imports.rows.time.sleep", interrupted)
        stopped = CliRunner().invoke(app, ["import", "members", str(path)])
    _, told = run("members", str(path))

    assert stopped.exit_code == 130
    assert counts(told) == summary(STOPPED_ROWS, STOPPED_ROWS)
    assert await found(services["directory"], "stop", STOPPED_ROWS) == STOPPED_ROWS


def burn(fuse: Path, point: str, path: Path) -> None:
    """Import a file into a directory that dies at a fail point."""
    fuse.write_text(point)
    CliRunner().invoke(app, ["import", "members", str(path)])
    assert not fuse.exists(), "it was not cut off"


@pytest.mark.parametrize("point", ["import:begun", "import:line-made#333", "import:rows-noted#2", "import:end-done"])
async def test_an_import_that_is_cut_off_ends_complete_and_counts_right(
    services: dict[str, Service], fuse: Path, tmp_path: Path, point: str
) -> None:
    word = point.replace(":", "").replace("#", "").replace("import", "cut")
    lines = crowd(word, 700)
    lines[100] = lines[99]  # a row that comes twice
    path = table(tmp_path / "crowd.csv", lines)

    burn(fuse, point, path)
    services["directory"].kill()
    services["directory"].launch()
    services["directory"].wait()

    async def done() -> dict[str, Any] | None:
        async with services["directory"].client() as client:
            listed = (await client.get("/imports", params={"limit": 1})).json()["items"][0]
        return listed if listed["state"] == "done" else None

    try:
        job = await eventually(done, seconds=20)
    except httpx.HTTPError as away:
        raise AssertionError(services["directory"].last_words()) from away
    assert job is not None
    progress = job["progress"]
    assert (progress["read"], progress["created"], progress["duplicate"]) == (700, 699, 1)
    assert await found(services["directory"], word, 700) == 699
