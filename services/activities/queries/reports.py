"""Reading reports."""

from backbone.callers import Caller
from backbone.listing import Rows
from backbone.mongo import Document
from backbone.outbox import Saved
from backbone.rows import read_row
from services.activities.domain.duties import Kind
from services.activities.domain.report import Report
from services.activities.field_store import FieldStore


async def report(store: FieldStore, caller: Caller, report_id: str) -> Saved[Report]:
    """One report."""
    return await read_row(store.reports, caller, report_id)


def reports(store: FieldStore, caller: Caller) -> Rows[Saved[Report]]:
    """The reports the caller may see."""
    return Rows(store.reports.collection, caller.rows(), store.reports.read)


async def filed_by(store: FieldStore, kind: Kind, period: str) -> set[str]:
    """Members whose report of a kind on a period is told of already, as filed or missing."""
    wanted: Document = {"state.period": period, "state.kind": kind}
    found = store.reports.collection.find(wanted, {"state.member_id": 1})
    return {row["state"]["member_id"] async for row in found}
