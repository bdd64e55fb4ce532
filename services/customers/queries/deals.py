"""Reading pipelines and deals."""

from backbone.callers import Caller
from backbone.outbox import Saved
from backbone.paging import page_of
from backbone.rows import page_of_rows, read_row
from services.customers.domain.deal import Deal, State
from services.customers.domain.pipeline import Pipeline
from services.customers.store import Store


async def pipeline(store: Store, pipeline_id: str) -> Saved[Pipeline]:
    """One pipeline."""
    return await store.pipelines.get(pipeline_id)


async def pipeline_page(store: Store, *, cursor: str | None, limit: int) -> tuple[list[Saved[Pipeline]], str | None]:
    """The pipelines, by id from the last to the first."""
    found, following = await page_of(store.pipelines.collection, {}, cursor=cursor, limit=limit)
    return [store.pipelines.read(document) for document in found], following


async def deal(store: Store, caller: Caller, deal_id: str) -> Saved[Deal]:
    """One deal."""
    return await read_row(store.deals, caller, deal_id)


async def deal_page(
    store: Store,
    caller: Caller,
    *,
    pipeline: str | None,
    stage: str | None,
    owner_id: str | None,
    customer_id: str | None,
    state: State | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Saved[Deal]], str | None]:
    """Deals in a pipeline, a stage and a state, of an owner, with a customer."""
    wanted = {
        "pipeline": pipeline,
        "stage": stage,
        "owner_id": owner_id,
        "customer_id": customer_id,
        "state": state,
    }
    return await page_of_rows(store.deals, caller, wanted, cursor=cursor, limit=limit)
