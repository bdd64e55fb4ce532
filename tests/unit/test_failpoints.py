"""Fail points: a process dies where it was told to, once, and nowhere else."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

WALK = """
from backbone.failpoints import reached
for turn in range(3):
    reached("walk:left")
    reached("walk:right")
print("arrived")
"""


def walk(value: str) -> int:
    return subprocess.run([sys.executable, "-c", WALK], env={"DRUMBEAT_FAILPOINT": value}, check=False).returncode


@pytest.mark.parametrize("value", ["", "walk:up", "walk", "walk:right#4"])
def test_a_process_that_was_told_of_no_point_it_comes_to_lives(value: str) -> None:
    assert walk(value) == 0


@pytest.mark.parametrize("value", ["walk:left", "walk:right", "walk:right#3"])
def test_a_process_dies_by_sigkill_where_it_was_told_to(value: str) -> None:
    assert walk(value) == -signal.SIGKILL


def test_a_point_named_in_a_file_kills_once(tmp_path: Path) -> None:
    armed = tmp_path / "failpoint"
    armed.write_text("walk:right#2\n")

    assert [walk(f"@{armed}"), walk(f"@{armed}")] == [-signal.SIGKILL, 0]
    assert not armed.exists()
