"""Only the broker, only the store, or both, for tests: start, kill -9, start again.

with Infrastructure(tmp_path) as infrastructure:
    infrastructure.mongo.kill()
    infrastructure.mongo.start()
"""

import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from backbone.settings import HOST, embedded_store_url
from deploy.local.engine import Engine, wait_until
from deploy.local.errors import DidNotStart
from deploy.local.home import MARK, Home
from deploy.local.kafka import broker
from deploy.local.ports import check_free, free_port
from deploy.local.progress import Quiet, Report
from deploy.local.store import document_store

START_SECONDS: Final = 90.0
STOP_SECONDS: Final = 30.0


@dataclass
class Running:
    """One engine as a child of this process."""

    home: Home
    engine: Engine
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._child.pid if self._child and self._child.poll() is None else None

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.engine.port

    def start(self) -> None:
        """Start it and return when it really answers; does nothing while it runs.

        Raises:
            PortInUse: another program listens on its port.
            DidNotStart: it died or did not answer in time.
        """
        if self.pid is None:
            self.launch()
        self.wait()

    def launch(self) -> None:
        """Start it without waiting.

        Raises:
            PortInUse: another program listens on its port.
        """
        check_free({f"the {self.engine.name} of this test": self.engine.port})
        with self.home.log(self.engine.name).open("ab") as log:
            # The child outlives this call and is waited for in `stop` and `kill`.
            self._child = subprocess.Popen(
                self.engine.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, MARK: str(self.home.root)},
                start_new_session=True,
            )

    def wait(self) -> None:
        """Return when it really answers.

        Raises:
            DidNotStart: it died or did not answer in time.
        """
        if not wait_until(lambda: self.pid is None or self.engine.answers(), START_SECONDS):
            self.stop()
            raise DidNotStart(f"{self.engine.name} did not answer within {START_SECONDS:.0f} s")
        if self.pid is None:
            raise DidNotStart(f"{self.engine.name} ended at its start: {self.home.last_words(self.engine.name)}")

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


class Infrastructure:
    """A broker and a store of their own in a folder of their own, on free ports.

    Args:
        folder: where data and logs go.
        engines: which of the two to make.
        kafka_port, mongo_port: fixed ports; free ones are taken when absent.
    """

    def __init__(
        self,
        folder: Path,
        engines: Sequence[Literal["kafka", "mongo"]] = ("kafka", "mongo"),
        *,
        kafka_port: int | None = None,
        mongo_port: int | None = None,
        report: Report | None = None,
    ) -> None:
        self.home = Home.at(folder)
        self.home.prepare()
        self.running: dict[str, Running] = {}
        if "kafka" in engines:
            self.running["kafka"] = Running(
                self.home,
                broker(self.home, kafka_port or free_port(), free_port(), report or Quiet()),
            )
        if "mongo" in engines:
            self.running["mongo"] = Running(self.home, document_store(self.home, mongo_port or free_port()))

    @property
    def kafka(self) -> Running:
        """The broker."""
        return self.running["kafka"]

    @property
    def mongo(self) -> Running:
        """The store."""
        return self.running["mongo"]

    @property
    def kafka_servers(self) -> str:
        """What DRUMBEAT_KAFKA should say."""
        return f"{HOST}:{self.kafka.port}"

    @property
    def mongo_url(self) -> str:
        """What DRUMBEAT_MONGO should say."""
        return embedded_store_url(self.mongo.port)

    def start(self) -> None:
        """Start all and return when each really answers.

        Raises:
            StackError: one did not start; none is left running.
        """
        try:
            for engine in self.running.values():
                engine.launch()
            for engine in self.running.values():
                engine.wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all in good order."""
        for engine in self.running.values():
            engine.stop()

    def __enter__(self) -> Self:
        """Started."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stopped, whatever happened."""
        self.stop()
