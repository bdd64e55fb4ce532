"""A sheet on the command line: what cannot be one is said before anybody is asked."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from drumbeat.cli import app
from drumbeat.output import Trouble


@pytest.fixture(autouse=True)
def platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUMBEAT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("DRUMBEAT_API_KEY", "db_none")


def refused(path: Path) -> str:
    result = CliRunner().invoke(app, ["import", "leads", str(path)])
    assert isinstance(result.exception, Trouble)
    return str(result.exception)


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.touch()

    assert refused(path) == f"{path} is empty: its first line must name the columns"


def test_a_folder_is_no_sheet(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path} cannot be read (Is a directory): name a CSV or XLSX file"
