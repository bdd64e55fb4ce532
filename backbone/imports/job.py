"""An import as it stands, and how it moves on: pure, no await and no clock.

uploading --start--> running --all lines read--> done
running --stop--> stopped --resume--> running
running --the file cannot be read on--> failed --resume--> running
done (a dry run) --run--> running (for good)
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from backbone.problems import Refused

MOST_PARTS: Final = 512
"""Parts of a file; each may be as long as a request body."""


class ImportState(StrEnum):
    """How far an import has come."""

    UPLOADING = "uploading"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the lines of a file are done.

    `line` is the last line that was done (the header is line 1); `created`, `duplicate` and `rejected`
    add up to `read`. In a dry run `created` counts what would be made.
    """

    line: int = 1
    read: int = 0
    created: int = 0
    duplicate: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import. `caller` is who began it, as `backbone.callers.Caller` in plain values: rows are made in his name.

    `mapping` leads from a name in the file's first line to a column, or to nothing. `amounts` tells whether
    money in the file is in minor units (as the API has it) or in major ones. `round` counts how often it
    was taken up: the work of an earlier round ends by itself when it sees a later one.
    """

    import_id: str
    kind: str
    file: str
    format: Literal["csv", "xlsx"]
    dry_run: bool
    mapping: dict[str, str] = field(default_factory=dict)
    amounts: Literal["minor", "major"] = "minor"
    owner_id: str | None
    team_id: str | None
    caller: dict[str, Any]
    state: ImportState = ImportState.UPLOADING
    parts: int = 0
    round: int = 0
    progress: Progress = field(default_factory=Progress)
    reason: str | None = None
    created_at: datetime
    ended_at: datetime | None = None

    @property
    def round_key(self) -> str:
        """The idempotency key of the work of its present round."""
        return f"{self.tag}:round-{self.round}"

    @property
    def tag(self) -> str:
        """What everything it makes is tagged with."""
        return f"import-{self.import_id}"

    def attempt_key(self, line: int) -> str:
        """The idempotency key of one line."""
        return f"{self.tag}:{line}"


def start(job: Import, parts: int) -> Import:
    """Let an uploaded file be taken in.

    Raises:
        Refused: it was started before.
    """
    if job.state is not ImportState.UPLOADING:
        raise Refused("import-begun", f"This import is {job.state} already; make a new one for another file.")
    return replace(job, parts=parts, **_running(job))


def resume(job: Import) -> Import:
    """Go on after a stop or a failure, from the line after the last one done.

    Raises:
        Refused: it is neither stopped nor failed.
    """
    if job.state not in (ImportState.STOPPED, ImportState.FAILED):
        raise Refused("nothing-to-resume", f"This import is {job.state}; only a stopped or failed one goes on.")
    return replace(job, **_running(job))


def run_for_good(job: Import) -> Import:
    """Do for good what a dry run tried.

    Raises:
        Refused: it was no dry run, or that is not at its end.
    """
    if not job.dry_run or job.state is not ImportState.DONE:
        raise Refused("no-dry-run", "Only a dry run that is done can be run for good.")
    return replace(job, dry_run=False, progress=Progress(), **_running(job))


def stop(job: Import, so_far: Progress) -> Import:
    """Stop after the lines in hand; what is in stays in.

    Args:
        job: the import.
        so_far: what is done for certain. Lines in hand are done once more when it goes on, which makes nothing twice.

    Raises:
        Refused: it does not run.
    """
    if job.state is not ImportState.RUNNING:
        raise Refused("not-running", f"This import is {job.state}; only a running one can be stopped.")
    return replace(job, state=ImportState.STOPPED, progress=so_far)


def end(job: Import, state: ImportState, progress: Progress, reason: str | None, now: datetime) -> Import:
    """Note how it ended for now; what was stopped stays so."""
    kept = ImportState.STOPPED if job.state is ImportState.STOPPED and state is not ImportState.DONE else state
    return replace(job, state=kept, progress=progress, reason=reason, ended_at=now)


def _running(job: Import) -> dict[str, Any]:
    return {
        "state": ImportState.RUNNING,
        "round": job.round + 1,
        "reason": None,
        "ended_at": None,
    }
