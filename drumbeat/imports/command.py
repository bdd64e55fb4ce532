"""`drumbeat import`: read and check everything, then send it."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

import typer

from drumbeat.client import Platform
from drumbeat.counting import counting
from drumbeat.imports import bpi2012, crm_pipeline, helpdesk
from drumbeat.imports.rows import Result, RowKind, Wanted, take_rows
from drumbeat.imports.sender import Receipt, Sender
from drumbeat.imports.told import Fault, Reading, Terms, Told
from drumbeat.output import ANSWER_IS_NO, answer, print_json, progress

SHOWN_FAULTS: Final = 20


class Kind(StrEnum):
    """What can be imported: the layouts of other systems, and sheets with a row for each object."""

    CRM_PIPELINE = crm_pipeline.TAG
    BPI2012 = bpi2012.TAG
    HELPDESK = helpdesk.TAG
    MEMBERS = RowKind.MEMBERS.value
    LEADS = RowKind.LEADS.value
    CUSTOMERS = RowKind.CUSTOMERS.value
    DEALS = RowKind.DEALS.value
    VISITS = RowKind.VISITS.value


class Amounts(StrEnum):
    """The units of money in a sheet."""

    MINOR = "minor"
    MAJOR = "major"


READERS: Final[Mapping[Kind, Callable[[Path, Terms], Reading]]] = MappingProxyType(
    {Kind.CRM_PIPELINE: crm_pipeline.read, Kind.BPI2012: bpi2012.read, Kind.HELPDESK: helpdesk.read}
)


def import_file(
    kind: Annotated[Kind, typer.Argument(help="What the file holds: rows of a kind, or the layout of a data set.")],
    path: Annotated[Path, typer.Argument(exists=True, help="The folder (crm-pipeline) or the file, plain or gzipped.")],
    skip_bad: Annotated[
        bool,
        typer.Option("--skip-bad", help="Data sets: leave out every deal or ticket with a bad cell and send the rest."),
    ] = False,
    currency: Annotated[
        str | None, typer.Option(help="Data sets: ISO 4217 code of the amounts; the organisation's own by default.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Sheets: check every row and make nothing.")] = False,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="Sheets: NAME=COLUMN, a name in the first line and what it means; NAME= skips it. Repeatable.",
        ),
    ] = None,
    amounts: Annotated[
        Amounts, typer.Option(help="Sheets: whether money is in minor units, as in the API, or in major ones.")
    ] = Amounts.MINOR,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Take in a sheet of rows, or another system's data set as events with their original times.

    crm-pipeline, bpi2012, helpdesk: everything is read and checked before the first event is sent: with one
    bad cell nothing is, and every bad one is listed by line and column.

    members, leads, customers, deals, visits: a CSV or XLSX file whose first line names the columns. Good rows
    are made, bad ones listed; Ctrl-C stops, the same command goes on.

    Importing the same file again changes nothing. Alerts that imported events would raise are recorded and
    not sent.

    Exit code 0: all of it is in. 1: bad cells, or rows the platform refused. 3: it could not be done.
    """
    if kind.value in set(RowKind):
        _import_rows(RowKind(kind.value), path, Wanted(dry_run, _mapping(mapping or []), amounts.value), as_json)
        return
    with Platform.known() as platform:
        terms = _terms(platform, currency)
        with progress.status(f"Reading {path.name}"):
            reading = READERS[kind](path, terms)
        faults = list(reading.faults)
        receipt = Receipt()
        if reading.whole and (skip_bad or not faults):
            receipt = _send(platform, reading)
    if as_json:
        print_json(summary(reading, receipt))
    else:
        _show(reading, receipt)
    if faults or receipt.rejected:
        sys.exit(ANSWER_IS_NO)


def _import_rows(kind: RowKind, path: Path, wanted: Wanted, as_json: bool) -> None:
    with Platform.known() as platform:
        result = take_rows(platform, kind, path, wanted)
    if as_json:
        print_json(result.summary())
    else:
        _show_rows(result)
    if result.job["progress"]["rejected"]:
        sys.exit(ANSWER_IS_NO)


def _mapping(words: Sequence[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    if wrong := [name for name, between, _ in pairs if not between]:
        raise typer.BadParameter(f"write NAME=COLUMN, not {wrong[0]!r}", param_hint="--map")
    return {name: column for name, _, column in pairs}


def _show_rows(result: Result) -> None:
    for fault in result.faults[:SHOWN_FAULTS]:
        column = "" if fault["column"] is None else f", column {fault['column']}"
        progress.print(f"line {fault['line']}{column}: {fault['reason']}", markup=False, soft_wrap=True)
    if len(result.faults) > SHOWN_FAULTS:
        progress.print(f"... and {len(result.faults) - SHOWN_FAULTS:,} more; --json lists all")
    done = result.job["progress"]
    rows = "1 row" if done["read"] == 1 else f"{done['read']:,} rows"
    made = "would be made" if result.job["dry_run"] else "made"
    answer.print(
        f"{rows} read: {done['created']:,} {made}, {done['duplicate']:,} known before, {done['rejected']:,} refused"
    )


def summary(reading: Reading, receipt: Receipt) -> dict[str, Any]:
    """The answer for a script. `read` counts the rows (XES: events) of the main file."""
    refused = [
        {"line": one.line, "column": one.field, "reason": f"{one.reason}: {one.detail}"} for one in receipt.rejected
    ]
    bad = [{"file": one.file, "line": one.line, "column": one.column, "reason": one.reason} for one in reading.faults]
    return {
        "read": reading.rows,
        "sent": receipt.sent,
        "accepted": receipt.accepted,
        "duplicate": receipt.duplicate,
        "rejected": [*bad, *refused],
    }


def _terms(platform: Platform, currency: str | None) -> Terms:
    organisation = platform.get("/organisation")
    if currency is not None and not re.fullmatch(r"[A-Z]{3}", currency):
        raise typer.BadParameter("write an ISO 4217 code such as EUR", param_hint="--currency")
    return Terms(organisation["time_zone"], currency or organisation["currency"], datetime.now(UTC))


def _send(platform: Platform, reading: Reading) -> Receipt:
    with counting("Sending", len(reading.people) + len(reading.events)) as advance:
        sender = Sender(platform, advance)
        # People first, so that no board shows an id where a name is coming.
        sender.send(reading.people, _key)
        sender.send(reading.events, _key)
    return sender.receipt


def _key(told: Told) -> str:
    return told.key


def _show(reading: Reading, receipt: Receipt) -> None:
    for fault in reading.faults[:SHOWN_FAULTS]:
        progress.print(_sentence(fault), markup=False, soft_wrap=True)
    for one in receipt.rejected[:SHOWN_FAULTS]:
        progress.print(f"line {one.line}: {one.detail} ({one.reason})", markup=False, soft_wrap=True)
    unseen = max(0, len(reading.faults) - SHOWN_FAULTS) + max(0, len(receipt.rejected) - SHOWN_FAULTS)
    if unseen:
        progress.print(f"... and {unseen:,} more; --json lists all")
    answer.print(
        f"{reading.rows:,} rows read, {receipt.sent:,} events sent: {receipt.accepted:,} new, "
        f"{receipt.duplicate:,} known before, {len(receipt.rejected):,} refused"
    )
    if reading.faults and not receipt.sent:
        answer.print("Nothing was sent: mend the cells above, or leave them out with --skip-bad")


def _sentence(fault: Fault) -> str:
    column = "" if fault.column is None else f", column {fault.column}"
    return f"{fault.file}, line {fault.line}{column}: {fault.reason}"
