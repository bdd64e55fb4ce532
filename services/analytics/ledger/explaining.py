"""The facts behind a figure, found along the member's trails."""

from backbone.mongo import Document
from services.analytics.domain.credits import Credit
from services.analytics.ledger.facts import UNDATED, figures_in
from services.analytics.store import Store

__all__ = ["facts_behind"]


async def facts_behind(
    store: Store, member: str, metric: str, first: int | None, last: int | None
) -> list[tuple[Document, int]]:
    """The facts that move a member's figure in a span of days, and by how much each does.

    Args:
        store: the worker's collections.
        member: whose figure.
        metric: which figure.
        first: the first day as yyyymmdd; None = from the beginning.
        last: the last day; None = to the end.

    Raises:
        PyMongoError: the store did not answer.
    """
    # Ids hold no bar, and the digits of a month sort before `undated`.
    end = UNDATED if last is None else f"{last // 100 + 1:06}"
    months = {"$gte": f"{member}|{(first or 0) // 100:06}", "$lt": f"{member}|{end}"}
    ids: list[str] = []
    async for trail in store.trails.find({"_id": months}, {"e": 1, "on": 1}):
        ids.extend(id_ for id_, on in zip(trail["e"], trail["on"], strict=True) if _within(on, first, last))
    found = await store.by_ids(store.facts, list(dict.fromkeys(ids)))
    shares = [
        (fact, sum(one.amount for one in figures_in(fact) if _meant(one, member, metric, first, last)))
        for fact in found.values()
    ]
    return [(fact, share) for fact, share in shares if share]


def _meant(credit: Credit, member: str, metric: str, first: int | None, last: int | None) -> bool:
    return (credit.member, credit.metric) == (member, metric) and _within(credit.on, first, last)


def _within(on: int | None, first: int | None, last: int | None) -> bool:
    return on is not None and (first is None or first <= on) and (last is None or on <= last)
