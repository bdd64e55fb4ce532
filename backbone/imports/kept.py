"""Where the parts of an uploaded file and the faults of its lines are kept."""

import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from backbone.imports.job import Import
from backbone.listing import Rows
from backbone.mongo import ASCENDING, Binary, Collection, Database, Document, insert_new
from backbone.problems import Refused

KEPT: Final = timedelta(days=7)
"""How long a file waits to be taken in, or to be run for good after a dry run; it may hold people's data."""


class Files:
    """Uploaded files in parts: `{_id: "<import>|<part>", at, bytes}`."""

    def __init__(self, database: Database) -> None:
        self._parts: Collection = database["import_parts"]

    async def ensure_indexes(self) -> None:
        """Let the store itself throw away what was left."""
        await self._parts.create_index([("at", ASCENDING)], expireAfterSeconds=int(KEPT.total_seconds()))

    async def put(self, import_id: str, part: int, content: bytes, now: datetime) -> None:
        """Keep one part; the same part again replaces it."""
        place = _place(import_id, part)
        await self._parts.replace_one({"_id": place}, {"_id": place, "at": now, "bytes": content}, upsert=True)

    async def missing(self, import_id: str, parts: int) -> list[int]:
        """Those of the parts 1 to `parts` that are not there."""
        wanted = {"_id": {"$gte": _place(import_id, 0), "$lte": _place(import_id, 9_999)}}
        found = {row["_id"] async for row in self._parts.find(wanted, {"_id": 1})}
        return [part for part in range(1, parts + 1) if _place(import_id, part) not in found]

    async def fetch(self, import_id: str, parts: int) -> "tempfile.TemporaryDirectory[str]":
        """The file, put together in a folder of its own as `file`; the caller clears it away.

        Raises:
            Refused: it was thrown away.
        """
        folder = tempfile.TemporaryDirectory(prefix="drumbeat-import-")
        with (Path(folder.name) / "file").open("wb") as file:
            for part in range(1, parts + 1):
                found = await self._parts.find_one({"_id": _place(import_id, part)})
                if found is None:
                    folder.cleanup()
                    raise Refused(
                        "file-gone",
                        f"The file was kept for {KEPT.days} days only; make a new import and send it again.",
                    )
                file.write(bytes(Binary(found["bytes"])))
        return folder

    async def drop(self, import_id: str) -> None:
        """Throw a file away."""
        await self._parts.delete_many({"_id": {"$gte": _place(import_id, 0), "$lte": _place(import_id, 9_999)}})


class Faults:
    """What was wrong with lines: `{_id: "<import>|<try or run>|<line>|<place>", line, column, reason}`."""

    def __init__(self, database: Database) -> None:
        self._rows: Collection = database["import_faults"]

    async def note(self, job: Import, faults: Iterable[tuple[int, int, str | None, str]]) -> None:
        """Keep faults as (line, place among the line's faults, column, reason); those noted before stay."""
        run = _run(job)
        rows: list[Document] = [
            {"_id": f"{run}|{line:08}|{place:03}", "line": line, "column": column, "reason": reason}
            for line, place, column, reason in faults
        ]
        await insert_new(self._rows, rows)

    def rows(self, job: Import) -> Rows[Document]:
        """The faults of the dry run, or of the run for good."""
        run = _run(job)
        return Rows(self._rows, {"_id": {"$gt": f"{run}|", "$lt": f"{run}}}"}}, lambda row: row)


def _run(job: Import) -> str:
    return f"{job.import_id}|{'try' if job.dry_run else 'run'}"


def _place(import_id: str, part: int) -> str:
    return f"{import_id}|{part:04}"
