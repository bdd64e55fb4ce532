"""Services as processes of their own, for tests: started, killed and started again like in life."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from backbone.callers import key_hash
from backbone.settings import HOST, PORT_OFFSETS, Settings
from tests.nursery import Fork, Nursery

ADMIN_KEY: Final = "db_000000000000_the-first-admin-key-of-every-test-run-0"
PLATFORM_KEY: Final = "db_111111111111_the-platform-key-of-every-test-run-0000"
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 15.0


def bearer(key: str) -> dict[str, str]:
    """The header a caller with this key sends."""
    return {"Authorization": f"Bearer {key}"}


@dataclass
class Service:
    """One service of ours as a child of this process."""

    name: str
    settings: Settings
    log: Path
    module: str = ""
    nursery: Nursery | None = None
    """Where it is forked; None = it is a new interpreter."""
    _child: subprocess.Popen[bytes] | Fork | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.settings.url(self.name)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._child is not None, f"{self.name} does not run"
        return self._child.pid

    def client(self, key: str | None = ADMIN_KEY) -> httpx.AsyncClient:
        """A client that calls it with this key; with None, without one."""
        headers = {} if key is None else bearer(key)
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def launch(self) -> None:
        """Start it without waiting."""
        module = self.module or f"services.{self.name}.main"
        if self.nursery is not None:
            self._child = self.nursery.start(module, _environment(self.settings), self.log)
            return
        with self.log.open("ab") as log:
            # The child outlives this call and is waited for in `stop` and `kill`.
            self._child = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **_environment(self.settings)},
            )

    def wait(self) -> None:
        """Return when it is ready.

        Raises:
            AssertionError: it ended or was not ready in time; the end of its log is shown.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._child is not None and self._child.poll() is None:
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=5, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass  # not listening yet
            time.sleep(0.05)
        self.stop()
        raise AssertionError(f"{self.name} did not get ready:\n{self.last_words()}")

    def stop(self) -> None:
        """Let it end in good order; does nothing when it does not run."""
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._child = None

    def kill(self) -> None:
        """End it at once, as a power cut would (kill -9)."""
        if self._child is not None:
            self._child.send_signal(signal.SIGKILL)
            self._child.wait()
            self._child = None

    @property
    def died(self) -> bool:
        """Whether it has ended by itself, or was killed by somebody else than `kill`."""
        return self._child is not None and self._child.poll() is not None

    def last_words(self, lines: int = 30) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@contextmanager
def serving(
    settings: Settings, folder: Path, names: Sequence[str], nursery: Nursery | None = None
) -> Iterator[dict[str, Service]]:
    """Run services on free ports with `ADMIN_KEY` as the first admin key, until the block ends.

    Args:
        settings: engines and name space; port base and admin key are chosen here.
        folder: where the logs go.
        names: which services, in the order of their start.
        nursery: where they are forked; by default each is a new interpreter.
    """
    chosen = settings.model_copy(
        update={
            "port_base": free_port_base(),
            "home": folder,
            "admin_key_hash": key_hash(ADMIN_KEY),
            "platform_key": PLATFORM_KEY,
        }
    )
    with running({name: Service(name, chosen, folder / f"{name}.log", nursery=nursery) for name in names}) as services:
        yield services


@contextmanager
def running(services: dict[str, Service]) -> Iterator[dict[str, Service]]:
    """Start services, in their order, and stop them when the block ends."""
    try:
        for service in services.values():
            service.launch()
        for service in services.values():
            service.wait()
        yield services
    finally:
        for service in services.values():
            service.stop()


def free_port_base() -> int:
    """A port base whose services' ports nobody listens on right now.

    Raises:
        AssertionError: there is none.
    """
    offsets = [offset for process, offset in PORT_OFFSETS.items() if process not in {"mongo", "kafka"}]
    # Runs at once seldom meet, as each begins elsewhere; the workers of one never, as each has a lane of its own.
    lanes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    lane = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    run = int(os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid():x}")[-4:], 16) % 50 * 200
    for base in range(20_000 + run + lane * 100, 60_000, lanes * 100):
        if all(_free(base + offset) for offset in offsets):
            return base
    raise AssertionError("no range of free ports between 20000 and 60000")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _environment(settings: Settings) -> dict[str, str]:
    told = settings.model_dump(mode="json")
    return {f"DRUMBEAT_{name.upper()}": str(value) for name, value in told.items()}
