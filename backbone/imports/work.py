"""Taking files in: some lines at a time, each step noted, so that a kill anywhere costs nothing.

An import runs as a saga of two steps. `rows` does the next lines and answers `More` until the file is
at its end: the saga's result is the checkpoint. `end` throws the file away and closes the import. A line
that is done a second time after a crash meets its own idempotency key and counts as the first time.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from backbone.callers import Caller
from backbone.failpoints import reached
from backbone.idempotency import Attempt, By, Rehearsed
from backbone.imports import job as jobs
from backbone.imports.columns import BadRow, Fault, body_of, column_at
from backbone.imports.importer import Importer
from backbone.imports.job import Import, ImportState, Progress
from backbone.imports.kept import Faults, Files
from backbone.imports.opened import Opened
from backbone.imports.tables import Line
from backbone.members import Members
from backbone.outbox import Aggregates, Saved
from backbone.problems import Conflict, Problem, Refused, Unavailable
from backbone.saga import More, Outcome, Plan, Saga, SagaRunner
from backbone.service import Backbone
from backbone.web import Asks

KIND: Final = "import"
LINES_A_STEP: Final = 200


class Imports:
    """The imports of one service.

    Args:
        backbone: its connections.
        source: of the service, such as `/services/leads`.
        importers: the kinds of rows it takes.
        now: the clock.
    """

    def __init__(
        self, backbone: Backbone, source: str, importers: Sequence[Importer], now: Callable[[], datetime]
    ) -> None:
        self.importers: Final[Mapping[str, Importer]] = MappingProxyType({one.kind: one for one in importers})
        self.jobs: Aggregates[Import] = Aggregates(
            backbone.database["imports"], Import, source=source, relay=backbone.relay
        )
        self.files = Files(backbone.database)
        self.faults = Faults(backbone.database)
        self.plans: Final[Mapping[str, Plan]] = MappingProxyType(
            {KIND: Plan({"rows": self._rows, "end": self._end}, undo=self._give_up)}
        )
        self.now = now
        self._members: Members = backbone.members
        self._zone: ZoneInfo = backbone.settings.zone
        self._currency = backbone.settings.currency
        self._sagas: SagaRunner | None = None
        self._opened: dict[str, Opened] = {}

    async def ensure_indexes(self) -> None:
        """Make what lists and files need."""
        await self.jobs.ensure_indexes("owner_id", "state", "kind")
        await self.files.ensure_indexes()

    def work_by(self, sagas: SagaRunner) -> None:
        """Say who does the steps: a runner that knows `plans`."""
        self._sagas = sagas

    async def recover(self) -> None:
        """Begin the work of imports that were cut off after they were started and before their saga was."""
        async for document in self.jobs.collection.find({"state.state": ImportState.RUNNING}):
            await self.set_going(self.jobs.read(document))

    async def set_going(self, job: Saved[Import]) -> None:
        """Let the saga of the import's present round run; one that runs or ran stays as it is."""
        if self._sagas is None:
            raise RuntimeError("work_by was not called")
        await self._sagas.start(
            KIND,
            subject=job.id,
            owner_id=job.state.owner_id,
            team_id=job.state.team_id,
            said={"round": job.state.round},
            by=_round_by(job.state),
        )

    async def progress_of(self, job: Import) -> Progress:
        """How far an import is at this moment."""
        if job.state is ImportState.RUNNING and self._sagas is not None:
            saga = await self._sagas.sagas.of_attempt(_round_by(job))
            if saga is not None and "rows" in saga.state.results:
                return _progress(saga.state.results["rows"])
        return job.progress

    async def check_header(self, job: Import) -> None:
        """Read an uploaded file's first line.

        Raises:
            Refused: it is no such file, or its columns are not those the import names.
        """
        folder = await self.files.fetch(job.import_id, job.parts)
        opened = await asyncio.to_thread(Opened, folder, job, self.importers[job.kind], self._zone)
        await asyncio.to_thread(opened.close)

    async def _rows(self, saga: Saga) -> Outcome:
        """Do the next lines."""
        job = (await self.jobs.get(saga.subject)).state
        if job.round != saga.said["round"] or job.state is not ImportState.RUNNING:
            raise Refused("import-stopped", "It was stopped; resume it to go on.")
        caller = await self._caller(job)
        done = _progress(saga.results["rows"]) if "rows" in saga.results else job.progress
        if job.dry_run and self._at(job, done) is None:
            done = Progress()  # which lines are the same is known only to who has seen them all
        opened = await self._file_of(job, done)
        lines = await asyncio.to_thread(opened.table.next_lines, LINES_A_STEP)
        try:
            # One after the other: of two rows that are the same, the first is made.
            told = [await self._line(job, caller, opened, line) for line in lines]
        except BaseException:
            # These lines were read from the file and not done: they are read again.
            await self._close(job.import_id)
            raise
        await self.faults.note(job, [row for each in told for row in each.rows])
        done = _added(done, lines, told)
        opened.line = done.line
        if len(lines) == LINES_A_STEP:
            return More(asdict(done))
        await self._close(job.import_id)
        return asdict(done)

    async def _line(self, job: Import, caller: Caller, opened: Opened, line: Line) -> "_Told":
        number, cells = line
        importer = self.importers[job.kind]
        try:
            body = body_of(cells, opened.places, importer.columns, importer.body, opened.money, self._currency)
            by = _line_by(job, caller, number, cells)
            status = _made(await importer.create(body, Asks(caller, by)), by)
        except Rehearsed as tried:
            if (twin := opened.twin_of((tried.id, *importer.same_by(tried.state)), number)) is not None:
                return _Told("duplicate", number, [Fault(None, f"It is the same as line {twin} of this file.")])
            status = "created"
        except BadRow as bad:
            return _Told("rejected", number, bad.faults)
        except Unavailable:
            raise
        except Problem as refused:
            fault = Fault(_column_of(refused, importer), refused.detail)
            return _Told("duplicate" if refused.code in importer.duplicates else "rejected", number, [fault])
        reached("import:line-made")
        return _Told(status, number, ())

    async def _end(self, saga: Saga) -> Outcome:
        """Close the import."""
        found = await self.jobs.get(saga.subject)
        if found.state.round == saga.said["round"] and found.state.state is not ImportState.DONE:
            if not found.state.dry_run:
                await self.files.drop(saga.subject)
            done = jobs.end(found.state, ImportState.DONE, _progress(saga.results["rows"]), None, self.now())
            await self.jobs.change(found, done, [], at=self.now(), by=saga.by())
        return {}

    async def _give_up(self, saga: Saga) -> None:
        """Note why an import does not go on, and how far it came."""
        await self._close(saga.subject)
        found = await self.jobs.get(saga.subject)
        if found.state.round != saga.said["round"] or found.state.ended_at is not None:
            return
        done = _progress(saga.results["rows"]) if "rows" in saga.results else found.state.progress
        reason = None if saga.reason is None else saga.reason.detail
        failed = jobs.end(found.state, ImportState.FAILED, done, reason, self.now())
        with suppress(Conflict):
            await self.jobs.change(found, failed, [], at=self.now(), by=saga.by())

    async def _caller(self, job: Import) -> Caller:
        """Who began the import, as long as he is with the organisation.

        Raises:
            Refused: he has left.
        """
        caller = msgspec.convert(job.caller, Caller)
        for member_id in {caller.member_id, caller.deputy_id} - {None}:
            if member_id is not None:
                await self._members.working(member_id)
        return caller

    async def _file_of(self, job: Import, done: Progress) -> Opened:
        if (at_hand := self._at(job, done)) is not None:
            return at_hand
        await self._close(job.import_id)
        folder = await self.files.fetch(job.import_id, job.parts)
        opened = await asyncio.to_thread(Opened, folder, job, self.importers[job.kind], self._zone)
        opened.table.skip_to(done.line + 1)
        opened.line = done.line
        self._opened[job.import_id] = opened
        return opened

    def _at(self, job: Import, done: Progress) -> Opened | None:
        """The file that was read up to here, if it is at hand."""
        opened = self._opened.get(job.import_id)
        return opened if opened is not None and (opened.round, opened.line) == (job.round, done.line) else None

    async def _close(self, import_id: str) -> None:
        if (opened := self._opened.pop(import_id, None)) is not None:
            await asyncio.to_thread(opened.close)


class _Told:
    """What became of one line."""

    __slots__ = ("number", "rows", "status")

    def __init__(self, status: str, number: int, faults: Sequence[Fault]) -> None:
        self.status = status
        self.number = number
        self.rows = [(number, place, fault.column, fault.reason) for place, fault in enumerate(faults)]


def _added(done: Progress, lines: Sequence[Line], told: Sequence[_Told]) -> Progress:
    if not lines:
        return done
    counted = {status: sum(each.status == status for each in told) for status in ("created", "duplicate", "rejected")}
    return replace(
        done,
        line=lines[-1][0],
        read=done.read + len(lines),
        created=done.created + counted["created"],
        duplicate=done.duplicate + counted["duplicate"],
        rejected=done.rejected + counted["rejected"],
    )


def _made(saved: Saved[Any], by: By) -> str:
    """What a line came to: an object of its own, or one that another attempt had made."""
    own = by.attempt is not None and bool(saved.done) and saved.done[0].key == by.attempt.key
    return "created" if own else "duplicate"


def _progress(result: Mapping[str, Any]) -> Progress:
    return Progress(**result)


def _round_by(job: Import) -> By:
    caller = msgspec.convert(job.caller, Caller)
    return By(
        actor=caller.actor,
        request_id=job.tag,
        attempt=Attempt(job.round_key, KIND),
        on_behalf_of=caller.for_member,
    )


def _line_by(job: Import, caller: Caller, number: int, cells: Sequence[str]) -> By:
    print_ = hashlib.sha256("\x1f".join(cells).encode()).hexdigest()
    return By(
        actor=caller.actor,
        request_id=job.tag,
        attempt=None if job.dry_run else Attempt(job.attempt_key(number), print_),
        rehearsal=job.dry_run,
        imported=job.tag,
        on_behalf_of=caller.for_member,
    )


def _column_of(refused: Problem, importer: Importer) -> str | None:
    return None if refused.field is None else column_at(refused.field.strip("/").split("/"), importer.columns)


async def open_imports(
    backbone: Backbone, source: str, importers: Sequence[Importer], now: Callable[[], datetime]
) -> Imports:
    """The imports of a service, with their collections; see `Imports` for the arguments.

    Let its `plans` be among those of the service's sagas, call `work_by`, and let `recover` run once.
    """
    imports = Imports(backbone, source, importers, now)
    await imports.ensure_indexes()
    return imports
