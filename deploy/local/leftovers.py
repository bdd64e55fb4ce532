"""Processes a stack left behind when its supervisor was killed.

They are known by the mark in their environment, so a pid file can neither hide them nor point at a
stranger who has the number now.
"""

from collections.abc import Collection
from typing import Final

import psutil

from deploy.local.home import MARK, Home

GRACE_SECONDS: Final = 20.0


def left_behind(home: Home, supervisor_pid: int | None) -> list[psutil.Process]:
    """Processes of this stack that its supervisor (None = it does not run) knows nothing of."""
    known = _family(supervisor_pid) if supervisor_pid else set()
    return [
        process for process in psutil.process_iter() if process.pid not in known and _marked(process, str(home.root))
    ]


def end(processes: Collection[psutil.Process]) -> None:
    """Ask them to end, wait, and end those that did not."""
    for process in processes:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _gone, stubborn = psutil.wait_procs(processes, GRACE_SECONDS)
    for process in stubborn:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(stubborn, GRACE_SECONDS)


def _family(pid: int) -> set[int]:
    try:
        supervisor = psutil.Process(pid)
        return {pid, *(child.pid for child in supervisor.children(recursive=True))}
    except psutil.NoSuchProcess:
        return set()


def _marked(process: psutil.Process, root: str) -> bool:
    try:
        return process.environ().get(MARK) == root and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        # Another user's, or gone by now.
        return False
