"""Imports over HTTP: the same routes in every service that takes files.

The service sets `app.state.imports` to its `Imports` and takes `router` in. A file comes in parts, each
as long as a request body may be: a broken connection costs one part, and no bound of the way matters.
"""

import csv
import io
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, view_of
from backbone.callers import Role
from backbone.contract.fields import Text
from backbone.contract.ids import new_event_id
from backbone.imports import job as jobs
from backbone.imports.columns import Kind
from backbone.imports.importer import Importer
from backbone.imports.job import MOST_PARTS, Import, ImportState
from backbone.imports.work import Imports
from backbone.listing import EXPORTS, Asked, Listing, listed, rows_of
from backbone.mongo import Document
from backbone.outbox import Saved
from backbone.paging import Page
from backbone.problems import Forbidden, NotFound, Refused
from backbone.rows import read_row, row_to_change
from backbone.web import Asking, Calling

router = APIRouter(prefix="/imports", tags=["imports"])

IMPORTS: Final = Listing(
    "imports",
    order={"created_at": datetime, "ended_at": datetime},
    equal={"kind": str, "state": ImportState, "owner_id": str},
)
FAULTS: Final = Listing("faults", order={"line": int}, equal={"column": str}, prefix="", default="line")


def _imports(request: Request) -> Imports:
    imports: Imports = request.app.state.imports
    return imports


AtImports = Annotated[Imports, Depends(_imports)]
Part = Annotated[int, InPath(ge=1, le=MOST_PARTS, description="Its place in the file, from 1.")]


class ImportToMake(Body):
    """A file that shall be taken in."""

    kind: str = Field(description="What its rows are; see `GET /imports/kinds`.", examples=["leads"])
    file: Text = Field(description="What the file is called.", examples=["fair-2026.csv"])
    format: Literal["csv", "xlsx"] = Field(description="XLSX: its first sheet is read.")
    dry_run: bool = Field(False, description="Check every row and make nothing; it can be run for good afterwards.")
    mapping: dict[str, str] = Field(
        {},
        description="By a name in the file's first line, the column it means; an empty text passes it over.",
        examples=[{"公司": "company", "备注": ""}],
        max_length=200,
    )
    amounts: Literal["minor", "major"] = Field(
        "minor", description="Whether money in the file is in minor units, as everywhere in this API, or in major ones."
    )


class Start(Change):
    """A file that is complete."""

    parts: int = Field(ge=1, le=MOST_PARTS, description="How many parts it has.")


class ProgressView(BaseModel):
    """How far the lines are done."""

    line: int = Field(description="The last line that is done; the first line, which names the columns, is 1.")
    read: int
    created: int = Field(description="In a dry run: what would be made.")
    duplicate: int = Field(description="Known already.")
    rejected: int = Field(description="Not good; see the faults.")


class ImportView(BaseModel):
    """An import as it stands."""

    import_id: str
    version: int = Field(description="Name it when you change the import.")
    kind: str
    file: str
    format: str
    dry_run: bool
    mapping: dict[str, str]
    amounts: str
    owner_id: str | None
    team_id: str | None
    state: ImportState
    progress: ProgressView
    reason: str | None = Field(description="Why it does not go on.")
    tag: str = Field(description="Everything it makes is tagged with this.")
    created_at: datetime
    ended_at: datetime | None


class FaultView(BaseModel):
    """What was wrong with a line."""

    line: int = Field(description="As a person counts; the first line names the columns.")
    column: str | None = Field(description="Null when it is the line as a whole.")
    reason: str


class ColumnView(BaseModel):
    """A column a file may have."""

    name: str
    kind: Kind
    needed: bool
    about: str


class KindView(BaseModel):
    """A kind of row."""

    kind: str
    columns: list[ColumnView]


class KindsView(BaseModel):
    """What this service takes."""

    kinds: list[KindView]


@router.get("/kinds", summary="See which files can be imported")
async def list_kinds(imports: AtImports, caller: Calling) -> KindsView:
    """The kinds of rows the caller may import, with their columns."""
    kinds = [
        KindView(
            kind=one.kind,
            columns=[ColumnView.model_validate(column, from_attributes=True) for column in one.columns.values()],
        )
        for one in imports.importers.values()
        if _may(one, caller.role)
    ]
    return KindsView(kinds=kinds)


@router.get("/kinds/{kind}/template", summary="Get an empty file to fill in", response_class=Response)
async def read_template(kind: str, imports: AtImports, caller: Calling) -> Response:
    """A CSV file whose first line names the columns, those that are needed first."""
    importer = _importer(imports, kind, caller.role)
    page = io.StringIO()
    csv.writer(page).writerow(sorted(importer.columns, key=lambda name: not importer.columns[name].needed))
    named = {"content-disposition": f'attachment; filename="{kind}.csv"'}
    return Response(f"\ufeff{page.getvalue()}", media_type="text/csv; charset=utf-8", headers=named)


@router.post("", status_code=201, summary="Begin an import")
async def make_import(body: ImportToMake, imports: AtImports, asks: Asking, response: Response) -> ImportView:
    """Say what is coming; then send the file's parts and start it. Rows are made in the caller's name."""
    _importer(imports, body.kind, asks.caller.role)
    now = imports.now()
    job = Import(
        import_id=new_event_id(),
        owner_id=asks.caller.member_id,
        team_id=asks.caller.team_id,
        caller=msgspec.to_builtins(asks.caller),
        created_at=now,
        **body.model_dump(),
    )
    return await _view(imports, await imports.jobs.create(job.import_id, job, [], at=now, by=asks.by), response)


@router.put("/{import_id}/parts/{part}", status_code=204, summary="Send a part of the file")
async def put_part(import_id: str, part: Part, imports: AtImports, asks: Asking, request: Request) -> None:
    """The bytes of one part as the body; the same part again replaces it. Kept for seven days."""
    found = await read_row(imports.jobs, asks.caller, import_id)
    asks.caller.check_may_change(imports.jobs.noun, import_id, found.state.owner_id, found.state.team_id)
    if found.state.state is not ImportState.UPLOADING:
        raise Refused("import-begun", f"This import is {found.state.state} already; make a new one for another file.")
    content = await request.body()
    if not content:
        raise Refused("empty", "The part is empty; send the file's bytes as the body.")
    await imports.files.put(import_id, part, content, imports.now())


@router.post("/{import_id}/start", summary="Take the file in")
async def start_import(import_id: str, body: Start, imports: AtImports, asks: Asking, response: Response) -> ImportView:
    """Refused when parts are missing or the columns are not right; else it goes on by itself."""
    found = await row_to_change(imports.jobs, asks, import_id, body.version)
    if not found.replayed:
        if missing := await imports.files.missing(import_id, body.parts):
            raise Refused("part-missing", f"Send part {missing[0]} again: {len(missing)} missing.", field="/parts")
        started = jobs.start(found.state, body.parts)
        await imports.check_header(started)
        found = await imports.jobs.change(found, started, [], at=imports.now(), by=asks.by)
    return await _going(imports, found, response)


@router.post("/{import_id}/stop", summary="Stop an import")
async def stop_import(import_id: str, body: Change, imports: AtImports, asks: Asking, response: Response) -> ImportView:
    """Stops after the lines in hand; what is in stays in, and it can be resumed."""
    found = await row_to_change(imports.jobs, asks, import_id, body.version)
    if not found.replayed:
        stopped = jobs.stop(found.state, await imports.progress_of(found.state))
        found = await imports.jobs.change(found, stopped, [], at=imports.now(), by=asks.by)
    return await _view(imports, found, response)


@router.post("/{import_id}/resume", summary="Go on with an import")
async def resume_import(
    import_id: str, body: Change, imports: AtImports, asks: Asking, response: Response
) -> ImportView:
    """Goes on after the last line that was done; nothing is made twice."""
    found = await row_to_change(imports.jobs, asks, import_id, body.version)
    if not found.replayed:
        found = await imports.jobs.change(found, jobs.resume(found.state), [], at=imports.now(), by=asks.by)
    return await _going(imports, found, response)


@router.post("/{import_id}/run", summary="Run a dry run for good")
async def run_import(import_id: str, body: Change, imports: AtImports, asks: Asking, response: Response) -> ImportView:
    """Makes what the dry run found good, from the same file."""
    found = await row_to_change(imports.jobs, asks, import_id, body.version)
    if not found.replayed:
        found = await imports.jobs.change(found, jobs.run_for_good(found.state), [], at=imports.now(), by=asks.by)
    return await _going(imports, found, response)


@router.get("", summary="List imports", response_model=Page[ImportView], responses=EXPORTS)
async def list_imports(
    imports: AtImports, caller: Calling, asked: Annotated[Asked, Depends(IMPORTS)]
) -> Page[ImportView] | Response:
    """Imports in the caller's row scope, newest first."""
    return await listed(asked, rows_of(imports.jobs, caller), ImportView, partial(_view, imports))


@router.get("/{import_id}", summary="See how far an import is")
async def read_import(import_id: str, imports: AtImports, caller: Calling) -> ImportView:
    """One import in the caller's row scope; ask every second or so while it runs."""
    return await _view(imports, await read_row(imports.jobs, caller, import_id))


@router.get(
    "/{import_id}/faults",
    summary="See what was wrong with lines",
    response_model=Page[FaultView],
    responses=EXPORTS,
)
async def list_faults(
    import_id: str, imports: AtImports, caller: Calling, asked: Annotated[Asked, Depends(FAULTS)]
) -> Page[FaultView] | Response:
    """The faults of its latest dry run or run, in the order of the lines."""
    job = (await read_row(imports.jobs, caller, import_id)).state
    return await listed(asked, imports.faults.rows(job), FaultView, _fault)


def _fault(row: Document) -> FaultView:
    return FaultView(**{name: row[name] for name in FaultView.model_fields})


async def _going(imports: Imports, found: Saved[Import], response: Response) -> ImportView:
    """The answer of a request that set an import going: 202 while it runs."""
    if found.state.state is ImportState.RUNNING:
        await imports.set_going(found)
        found = Saved(found.id, *(await _now(imports, found)), replayed=found.replayed)
    response.status_code = 202 if found.state.state is ImportState.RUNNING else 200
    return await _view(imports, found, response)


async def _now(imports: Imports, found: Saved[Import]) -> tuple[int, Import]:
    present = await imports.jobs.get(found.id)
    return present.version, present.state


async def _view(imports: Imports, saved: Saved[Import], response: Response | None = None) -> ImportView:
    shown = view_of(ImportView, saved, response)
    return shown.model_copy(update={"progress": ProgressView(**asdict(await imports.progress_of(saved.state)))})


def _importer(imports: Imports, kind: str, role: Role) -> Importer:
    importer = imports.importers.get(kind)
    if importer is None:
        raise NotFound("kind of import", kind)
    if not _may(importer, role):
        raise Forbidden(
            "wrong-role",
            f"A key with role {role} may not import {kind}; it takes one of: "
            f"{', '.join(one for one in (Role.ADMIN, *importer.roles))}.",
        )
    return importer


def _may(importer: Importer, role: Role) -> bool:
    return role is Role.ADMIN or role in importer.roles
