"""The local stack as a person meets it: the `drumbeat` command, real engines, real trouble.

Only broker and store are started: what is tried here does not depend on which services there are.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from backbone.mongo import connect
from backbone.settings import HOST, PORT_OFFSETS, Settings, embedded_store_url
from deploy.local.engine import wait_until
from deploy.local.errors import PortInUse
from deploy.local.home import MARK, Home
from deploy.local.ports import check_free
from deploy.local.supervision import Supervisor

ENGINES = ("--only", "kafka", "--only", "mongo")
RESTART_SECONDS = 40.0


@dataclass(frozen=True)
class Machine:
    """One folder and one range of ports."""

    folder: Path
    base: int

    @property
    def home(self) -> Home:
        return Home.at(self.folder)

    @property
    def environment(self) -> dict[str, str]:
        own = {"DRUMBEAT_HOME": str(self.folder), "DRUMBEAT_PORT_BASE": str(self.base)}
        return {name: value for name, value in os.environ.items() if not name.startswith("DRUMBEAT_")} | own

    def drumbeat(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("drumbeat")), *words]
        environment = {**self.environment, **more}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=170, check=False)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.drumbeat("status", "--json").stdout)
        return found

    def pids(self) -> dict[str, int]:
        return {process["name"]: process["pid"] for process in self.status()["processes"]}

    def everything_running(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if _belongs_to(process, str(self.folder))]


def _belongs_to(process: psutil.Process, folder: str) -> bool:
    try:
        return process.environ().get(MARK) == folder and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path.resolve() / "stack", _free_base())
    yield machine
    machine.drumbeat("down")
    assert machine.everything_running() == []


def _free_base() -> int:
    """The start of a range in which every port of the topology is free."""
    for base in range(20_000, 32_000, 100):
        try:
            check_free({name: base + offset for name, offset in PORT_OFFSETS.items()})
        except PortInUse:
            continue
        return base
    pytest.fail("no free range of ports on this machine")


def one_sentence(text: str) -> str:
    """What a person reads at the end of a command that could not be done."""
    return text.strip().splitlines()[-1]


def refused(done: subprocess.CompletedProcess[str], words: Sequence[str]) -> bool:
    """Whether a command ended with exit code 3 and a last line that says all this."""
    return done.returncode == 3 and all(word in one_sentence(done.stderr) for word in words)


def test_up_is_up_twice_over_and_down_leaves_nothing_but_the_data(machine: Machine) -> None:
    first = machine.drumbeat("up", *ENGINES, "--json")
    status = machine.drumbeat("status", "--json")
    pids = machine.pids()
    second = machine.drumbeat("up")
    pids_after = machine.pids()
    down = machine.drumbeat("down")
    status_down = machine.drumbeat("status", "--json")
    down_again = machine.drumbeat("down")

    assert (first.returncode, json.loads(first.stdout)["state"]) == (0, "up"), first.stderr
    assert (status.returncode, json.loads(status.stdout)["state"]) == (0, "up")
    assert second.returncode == 0
    assert f"Drumbeat is up: http://127.0.0.1:{machine.base}" in second.stdout
    assert pids == pids_after
    assert down.returncode == 0
    assert (status_down.returncode, json.loads(status_down.stdout)["state"]) == (1, "down")
    assert machine.everything_running() == []
    assert (machine.home.data / "kafka" / "meta.properties").exists()
    assert (down_again.returncode, down_again.stdout[:27]) == (0, "Nothing of Drumbeat runs in")


def test_an_engine_that_was_killed_is_started_again(machine: Machine) -> None:
    machine.drumbeat("up", *ENGINES)
    before = machine.pids()["mongo"]

    os.kill(before, signal.SIGKILL)

    assert wait_until(lambda: machine.status()["state"] == "up", RESTART_SECONDS)
    assert machine.pids()["mongo"] not in {before, None}


async def test_a_start_after_the_supervisor_was_killed_clears_up_and_keeps_the_data(machine: Machine) -> None:
    machine.drumbeat("up", *ENGINES)
    client = connect(Settings(mongo=embedded_store_url(machine.base + PORT_OFFSETS["mongo"])))
    await client["drumbeat_shelf"]["things"].insert_one({"_id": "kept"})
    supervisor = Supervisor(machine.home).pid()
    assert supervisor is not None

    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: Supervisor(machine.home).pid() is None, 10)
    orphaned = machine.status()
    up = machine.drumbeat("up", *ENGINES)

    assert (orphaned["state"], orphaned["left_behind"]) == ("down", 2)
    assert up.returncode == 0, up.stderr
    assert "Ending 2 processes of a stack that was killed" in up.stderr
    assert machine.status()["left_behind"] == 0
    assert await client["drumbeat_shelf"]["things"].find_one({"_id": "kept"}) == {"_id": "kept"}
    client.close()


def test_a_used_port_is_named_with_its_holder_and_nothing_is_started(machine: Machine) -> None:
    taken = machine.base + PORT_OFFSETS["mongo"]
    with socket.create_server((HOST, taken)):
        up = machine.drumbeat("up")

    assert refused(up, [f"Port {taken}, which mongo needs, is in use", f"pid {os.getpid()}", "DRUMBEAT_PORT_BASE"])
    assert machine.everything_running() == []


def test_a_second_command_at_the_same_time_is_told_to_wait(machine: Machine) -> None:
    machine.home.prepare()
    with machine.home.locked():
        up = machine.drumbeat("up")

    assert refused(up, [f"pid {os.getpid()}", "is working on the stack", "wait until it is done"])


def test_a_start_on_other_ports_says_that_the_stack_is_up_already(machine: Machine) -> None:
    machine.drumbeat("up", "--only", "mongo")

    up = machine.drumbeat("up", DRUMBEAT_PORT_BASE=str(machine.base + 200))

    assert refused(up, [f"is up on ports from {machine.base}", "drumbeat down"])
    assert machine.status()["state"] == "up"


def test_a_process_that_cannot_start_takes_the_others_down_and_has_the_last_word(machine: Machine) -> None:
    storage = machine.home.data / "kafka"
    storage.mkdir(parents=True)
    (storage / "meta.properties").write_text("version=1\ncluster.id=another\nnode.id=7\n")

    up = machine.drumbeat("up", *ENGINES)

    assert refused(up, ["kafka keeps ending at its start", "last words", "kafka.log"]), up.stderr
    assert machine.everything_running() == []


def test_a_disk_that_is_full_is_one_sentence_and_nothing_is_started(machine: Machine) -> None:
    # The shell's limit on the size of a file stands for a disk without room: a write fails half-way.
    command = f"ulimit -f 1; exec '{Path(sys.executable).with_name('drumbeat')}' up"
    up = subprocess.run(
        ["bash", "-c", command], env=machine.environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert refused(up, ["is full", "free some room", "DRUMBEAT_HOME"]), up.stderr
    assert machine.everything_running() == []


@pytest.mark.parametrize(("told", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_start_that_is_broken_off_leaves_nothing_running(machine: Machine, told: signal.Signals, code: int) -> None:
    command = [str(Path(sys.executable).with_name("drumbeat")), "up", *ENGINES]
    with subprocess.Popen(command, env=machine.environment, stderr=subprocess.PIPE, text=True) as up:
        assert wait_until(lambda: Supervisor(machine.home).pid() is not None, RESTART_SECONDS)
        up.send_signal(told)
        up.communicate(timeout=RESTART_SECONDS)

    assert up.returncode == code
    assert machine.everything_running() == []


def test_an_existing_broker_is_used_instead_of_an_own_one(machine: Machine, kafka: str) -> None:
    up = machine.drumbeat("up", *ENGINES, "--json", DRUMBEAT_KAFKA=kafka)

    found = json.loads(up.stdout)
    assert [process["name"] for process in found["processes"]] == ["mongo"]
    assert found["kafka"] == kafka


def test_an_existing_broker_that_does_not_answer_is_told_before_anything_starts(machine: Machine) -> None:
    nobody = f"{HOST}:{machine.base + PORT_OFFSETS['kafka']}"

    up = machine.drumbeat("up", *ENGINES, DRUMBEAT_KAFKA=nobody)

    assert refused(up, [f"DRUMBEAT_KAFKA says {nobody} and no broker answers there"])
    assert machine.everything_running() == []


def test_a_wrong_variable_is_named(machine: Machine) -> None:
    up = machine.drumbeat("up", DRUMBEAT_PORT_BASE="eighty")

    assert refused(up, ["DRUMBEAT_PORT_BASE is wrong"])
