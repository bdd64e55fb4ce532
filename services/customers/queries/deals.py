"""Reading pipelines and deals."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from backbone.callers import Caller
from backbone.listing import STATE, Rows
from backbone.mongo import Document
from backbone.outbox import Saved
from backbone.rows import read_row
from services.customers.domain.deal import Deal
from services.customers.domain.pipeline import Pipeline
from services.customers.store import Store


async def pipeline(store: Store, pipeline_id: str) -> Saved[Pipeline]:
    """One pipeline."""
    return await store.pipelines.get(pipeline_id)


def pipelines(store: Store) -> Rows[Saved[Pipeline]]:
    """Every pipeline."""
    return Rows(store.pipelines.collection, {}, store.pipelines.read, STATE)


async def deal(store: Store, caller: Caller, deal_id: str) -> Saved[Deal]:
    """One deal."""
    return await read_row(store.deals, caller, deal_id)


def deal_rows(store: Store, caller: Caller) -> Rows[Saved[Deal]]:
    """The deals in the caller's row scope."""
    return Rows(store.deals.collection, caller.rows(shared=store.deals.shared), store.deals.read, STATE)


@dataclass(frozen=True, slots=True)
class Stay:
    """An open deal that stands in its stage for too long, and since when it does."""

    deal: Deal
    due_at: datetime
    overdue_seconds: int


async def overdue_stays(
    store: Store, caller: Caller, now: datetime, *, pipeline: str | None, owner_id: str | None, limit: int
) -> list[Stay]:
    """Open deals in the caller's row scope that are past their stage's limit, the longest overdue first."""
    limits = {
        (one.pipeline_id, stage.stage): timedelta(seconds=stage.longest_stay_seconds)
        async for document in store.pipelines.collection.find({} if pipeline is None else {"_id": pipeline})
        for one in (store.pipelines.read(document).state,)
        for stage in one.stages
        if stage.longest_stay_seconds is not None
    }
    conditions = list(_too_long(limits, now))
    if not conditions:
        return []
    wanted: Document = {"$and": [{"$or": conditions}, {"state.state": "open"}]}
    if owner_id is not None:
        wanted["$and"].append({"state.owner_id": owner_id})
    if scope := caller.rows(shared=store.deals.shared):
        wanted["$and"].append(scope)
    found: list[Stay] = []
    async for document in store.deals.collection.find(wanted):
        one = store.deals.read(document).state
        due_at = one.stage_since + limits[one.pipeline, one.stage]
        found.append(Stay(one, due_at, int((now - due_at).total_seconds())))
    return sorted(found, key=lambda stay: (-stay.overdue_seconds, stay.deal.deal_id))[:limit]


def _too_long(limits: dict[tuple[str, str], timedelta], now: datetime) -> Iterator[Document]:
    for (pipeline, stage), limit in limits.items():
        yield {"state.pipeline": pipeline, "state.stage": stage, "state.stage_since": {"$lt": now - limit}}
