"""The whole platform for a test: every process of `drumbeat up`, in a folder and port range of its own."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from backbone.settings import PORT_OFFSETS, Settings
from deploy.local.engine import wait_until
from deploy.local.errors import PortInUse
from deploy.local.ports import check_free
from deploy.local.progress import Quiet
from deploy.local.stack import Stack
from tests.serving import bearer

COMMAND_SECONDS: Final = 600
RESTART_SECONDS: Final = 30.0


@dataclass(frozen=True)
class WholeStack:
    """A running platform."""

    stack: Stack
    settings: Settings

    @property
    def url(self) -> str:
        """The gateway's address: page, API and events."""
        return self.settings.url("gateway")

    @property
    def admin_key(self) -> str:
        """The first admin key."""
        key: str = json.loads((self.settings.home / "credentials.json").read_text())["admin_key"]
        return key

    def client(self, key: str | None = None) -> httpx.AsyncClient:
        """A client of the gateway, with the admin key unless another is given."""
        return httpx.AsyncClient(base_url=self.url, headers=bearer(key or self.admin_key), timeout=30, trust_env=False)

    def pid(self, process: str) -> int | None:
        """The process id of one process of the topology, while it runs."""
        return next(one.pid for one in self.stack.status().processes if one.name == process)

    def kill(self, process: str) -> None:
        """End a process as a power cut would; the supervisor starts it again.

        One that is just being started again is waited for.

        Raises:
            AssertionError: it does not run.
        """
        assert wait_until(lambda: self.pid(process) is not None, RESTART_SECONDS), f"{process} does not run"
        pid = self.pid(process)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command line against this platform, as a person would."""
        return subprocess.run(
            [str(Path(sys.executable).parent / "drumbeat"), *words],
            env={**os.environ, **self._environment()},
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def json(self, *words: str) -> Any:
        """The JSON answer of a command.

        Raises:
            AssertionError: the command could not be done; its words are shown.
        """
        ran = self.command(*words, "--json")
        assert ran.stdout, f"drumbeat {' '.join(words)} ended with {ran.returncode}: {ran.stderr}"
        return json.loads(ran.stdout)

    def _environment(self) -> dict[str, str]:
        return {"DRUMBEAT_HOME": str(self.settings.home), "DRUMBEAT_PORT_BASE": str(self.settings.port_base)}


@contextmanager
def whole_stack(folder: Path) -> Iterator[WholeStack]:
    """Every process up, until the block ends."""
    settings = Settings(home=folder, port_base=_free_base())
    stack = Stack(settings)
    stack.up(Quiet())
    try:
        yield WholeStack(stack, settings)
    finally:
        stack.down(Quiet())


def _free_base() -> int:
    """The start of a port range nobody uses, outside the range the system hands out by itself."""
    dice = random.Random()
    while True:
        base = dice.randrange(10_000, 30_000, 100)
        try:
            check_free({process: base + offset for process, offset in PORT_OFFSETS.items()})
        except PortInUse:
            continue
        return base
