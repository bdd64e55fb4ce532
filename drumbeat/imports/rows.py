"""Members, leads, customers, deals and visits from a file: the service that owns them takes the rows in.

The import is named after the file's content and how it shall be read, so the same command again finds it:
one that is done is told again, one that was interrupted goes on where it was.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import httpx

from drumbeat.client import Platform, problem_text
from drumbeat.counting import counting
from drumbeat.output import Trouble

PART_BYTES: Final = 512 * 1024
POLL_SECONDS: Final = 0.4
FAULTS_A_PAGE: Final = 200


class RowKind(StrEnum):
    """What the rows of a file can be."""

    MEMBERS = "members"
    LEADS = "leads"
    CUSTOMERS = "customers"
    DEALS = "deals"
    VISITS = "visits"


OWNER: Final[Mapping[RowKind, str]] = MappingProxyType(
    {
        RowKind.MEMBERS: "directory",
        RowKind.LEADS: "leads",
        RowKind.CUSTOMERS: "customers",
        RowKind.DEALS: "customers",
        RowKind.VISITS: "activities",
    }
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a file shall be read: `mapping` leads from names in its first line to columns."""

    dry_run: bool
    mapping: Mapping[str, str]
    amounts: str


@dataclass(frozen=True, slots=True)
class Result:
    """How an import ended, with the faults of its lines."""

    job: Mapping[str, Any]
    faults: list[dict[str, Any]]

    def summary(self) -> dict[str, Any]:
        """The answer for a script, of the same shape as that of every other import."""
        done = self.job["progress"]
        return {
            "import_id": self.job["import_id"],
            "dry_run": self.job["dry_run"],
            "read": done["read"],
            "sent": done["read"],
            "accepted": done["created"],
            "duplicate": done["duplicate"],
            "rejected": self.faults,
        }


def take_rows(platform: Platform, kind: RowKind, path: Path, wanted: Wanted) -> Result:
    """Let the owning service take a file in, and wait for its end; Ctrl-C stops it there too.

    Raises:
        Trouble: the platform does not take it, or does not answer.
        KeyboardInterrupt: somebody pressed Ctrl-C; the import is stopped and can be resumed.
    """
    door = _Door(platform, f"/api/{OWNER[kind]}/imports")
    content = _content(path)
    asked = {
        "kind": kind.value,
        "file": path.name[-200:],
        "format": "xlsx" if path.suffix.lower() == ".xlsx" else "csv",
        "dry_run": wanted.dry_run,
        "mapping": dict(wanted.mapping),
        "amounts": wanted.amounts,
    }
    print_ = hashlib.sha256(json.dumps(asked, sort_keys=True).encode() + content).hexdigest()
    job = door.post("", asked, key=f"file-{print_}")
    if job["state"] == "uploading":
        job = _send(door, job, content)
    elif job["state"] in ("stopped", "failed"):
        job = door.post(f"/{job['import_id']}/resume", {"version": job["version"]})
    try:
        with counting("Importing", content.count(b"\n") or None if asked["format"] == "csv" else None) as advance:
            job = _followed(door, job, advance)
    except KeyboardInterrupt:
        _stop(door, job["import_id"])
        raise
    if job["state"] != "done":
        why = job["reason"] or "somebody stopped it"
        place = f"{job['state']} after line {job['progress']['line']}"
        raise Trouble(f"the import {place}: {why}; the same command goes on from there")
    return Result(job, list(_faults(door, job["import_id"])))


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as away:
        raise Trouble(f"{path} cannot be read ({away.strerror}): name a CSV or XLSX file") from away
    if not content:
        raise Trouble(f"{path} is empty: its first line must name the columns")
    return content


class _Door:
    """The imports of one service, behind the gateway."""

    def __init__(self, platform: Platform, path: str) -> None:
        self._platform = platform
        self._path = path

    def get(self, path: str, **parameters: str | int | None) -> Any:
        return self._platform.get(f"{self._path}{path}", **parameters)

    def post(self, path: str, body: Mapping[str, Any], key: str | None = None) -> Any:
        headers = {} if key is None else {"idempotency-key": key}
        return self._asked("POST", path, json=body, headers=headers).json()

    def put(self, path: str, content: bytes) -> None:
        self._asked("PUT", path, content=content, headers={"content-type": "application/octet-stream"})

    def _asked(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = self._platform.http.request(method, f"{self._path}{path}", **more)
        except httpx.HTTPError as trouble:
            raise Trouble(f"{self._platform.url} does not answer ({trouble}); the same command goes on") from trouble
        if answer.is_error:
            raise Trouble(problem_text(answer) + _to_do(answer))
        return answer


def _to_do(answer: httpx.Response) -> str:
    """What to write on the command line about a column that is not understood."""
    if '"/mapping"' not in answer.text:
        return ""
    return " On the command line: --map NAME=COLUMN, once for each name; --map NAME= passes one over."


def _send(door: _Door, job: Mapping[str, Any], content: bytes) -> Any:
    parts = range(0, max(len(content), 1), PART_BYTES)
    with counting("Sending", len(parts)) as advance:
        for number, start in enumerate(parts, start=1):
            door.put(f"/{job['import_id']}/parts/{number}", content[start : start + PART_BYTES])
            advance(1)
    return door.post(f"/{job['import_id']}/start", {"version": job["version"], "parts": len(parts)})


def _followed(door: _Door, job: Any, advance: Callable[[int], None]) -> Any:
    seen = 0
    while True:
        advance(job["progress"]["read"] - seen)
        seen = job["progress"]["read"]
        if job["state"] != "running":
            return job
        time.sleep(POLL_SECONDS)
        job = door.get(f"/{job['import_id']}")


def _stop(door: _Door, import_id: str) -> None:
    """Stop it; a version that moved meanwhile is read again."""
    job = door.get(f"/{import_id}")
    if job["state"] == "running":
        door.post(f"/{import_id}/stop", {"version": job["version"]})


def _faults(door: _Door, import_id: str) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        page = door.get(f"/{import_id}/faults", cursor=cursor, limit=FAULTS_A_PAGE)
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return
