"""How fast a contestant was, and what it cost."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
RUN_SECONDS: Final = 600


@dataclass(frozen=True)
class Run:
    """One run from the first counted event to the last.

    Args:
        events: counted in between.
        seconds: by the wall clock.
        cpu_seconds: of the contestant's process, all threads.
    """

    events: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of processor time an event."""
        return self.cpu_seconds / self.events * 1_000_000


class Stopwatch:
    """Runs inside a contestant: tells the run on standard output when the last event is counted."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._seen = 0
        self._began = 0.0
        self._cpu = 0.0

    def count(self) -> bool:
        """Count one event; True with the last one."""
        self._seen += 1
        if self._seen == 1:
            self._began, self._cpu = time.perf_counter(), time.process_time()
        if self._seen < self._total:
            return False
        run = {
            "events": self._seen - 1,
            "seconds": time.perf_counter() - self._began,
            "cpu_seconds": time.process_time() - self._cpu,
        }
        # Past sys.stdout, which Faust takes for its log.
        os.write(1, f"{json.dumps(run)}\n".encode())
        return True


def run_program(name: str, environment: dict[str, str]) -> Run:
    """Run a contestant of this folder as a process of its own until it has told its run.

    Raises:
        AssertionError: it ended without.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.{name}"],
        cwd=HERE.parent.parent,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, err = child.communicate(timeout=RUN_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
    told = [line for line in out.splitlines() if line.startswith('{"events"')]
    assert told, f"{name} ended with {child.returncode} and told no run:\n{err[-2000:]}"
    return Run(**json.loads(told[-1]))
