"""Fail points: named places where a test lets the process die, as a power cut would.

A promise such as "a conversion that is cut off anywhere ends complete or untouched" is kept
only where it was tried, so the code names the places between two steps:

    reached("conversion:customer-made")

`DRUMBEAT_FAILPOINT` says at which one to die:

| value | dies |
|---|---|
| empty or absent | never: the call returns at once |
| `conversion:customer-made` | whenever the process comes there |
| `import:line-made#500` | when it comes there for the 500th time |
| `@/some/file` | at the one the file names, while there is such a file; it is removed first, so it kills once |

The idea and the name are those of FreeBSD's fail(9).
"""

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Final

VARIABLE: Final = "DRUMBEAT_FAILPOINT"

_chosen: Final = os.environ.get(VARIABLE, "")
_passed: Final[Counter[str]] = Counter()


def reached(name: str) -> None:
    """Say that the process has come to this point: it dies here by SIGKILL when it was told to.

    Args:
        name: `<what>:<the step that was just done>`, unique in the service.
    """
    if _chosen and _armed(name):
        os.kill(os.getpid(), signal.SIGKILL)


def _armed(name: str) -> bool:
    path = Path(_chosen.removeprefix("@")) if _chosen.startswith("@") else None
    wanted = _chosen if path is None else _read(path)
    point, _, turn = wanted.partition("#")
    if point != name:
        return False
    _passed[wanted] += 1
    if turn and _passed[wanted] != int(turn):
        return False
    if path is not None:
        path.unlink()
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
