"""Services forked from one process that has imported them: started in a fraction of a second, killed like any other.

A fault test starts a service anew some thirty times; nearly all the time of a start is spent on imports.

    python -m tests.nursery services.leads.main services.customers.main

reads orders `{"module", "environment", "log"}` from standard input, a line each, and answers with the
process id. It starts no thread and opens nothing, so its children begin as a new interpreter would.
"""

import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

POLL_SECONDS: Final = 0.01


class Fork:
    """A child of the nursery; the part of `subprocess.Popen` that `tests.serving` needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        """None while it runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 1
        return None

    def send_signal(self, number: int) -> None:
        """Send a signal; one that has ended gets none."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def wait(self, timeout: float | None = None) -> int:
        """Return when it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not.
        """
        deadline = time.monotonic() + (timeout or 60)
        while (ended := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 60)
            time.sleep(POLL_SECONDS)
        return ended


class Nursery:
    """Starts services by forking."""

    def __init__(self, parent: subprocess.Popen[str]) -> None:
        self._parent = parent

    def start(self, module: str, environment: Mapping[str, str], log: Path) -> Fork:
        """Run a module as `python -m` would.

        Raises:
            AssertionError: the nursery has ended.
        """
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        order = {"module": module, "environment": dict(environment), "log": str(log)}
        print(json.dumps(order), file=self._parent.stdin, flush=True)
        answer = self._parent.stdout.readline()
        assert answer, "the nursery has ended; see its words above"
        return Fork(int(answer))


@contextmanager
def nursery(modules: Sequence[str]) -> Iterator[Nursery]:
    """A process that has imported these modules, until the block ends."""
    command = [sys.executable, "-m", "tests.nursery", *modules]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        try:
            yield Nursery(parent)
        finally:
            parent.terminate()


def _main(modules: Sequence[str]) -> None:
    # What a module prints is no answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for module in modules:
        importlib.import_module(module)
    # Nobody waits for the children: the kernel takes them away.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while line := sys.stdin.readline():
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(order["module"], order["environment"], order["log"])
        answers.write(f"{child}\n")
        answers.flush()


def _run(module: str, environment: Mapping[str, str], log: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(environment)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(written, 1)
    os.dup2(written, 2)
    status = 1
    try:
        # The module runs anew as the program; what it imports is there.
        sys.modules.pop(module, None)
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _main(sys.argv[1:])
