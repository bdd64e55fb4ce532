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
    # Ids hold no bar, and a day's digits sort before `undated`.
    span = {"$gte": f"{member}|{first or ''}", "$lt": f"{member}|{UNDATED if last is None else last + 1}"}
    ids: list[str] = []
    async for trail in store.trails.find({"_id": span}, {"e": 1}):
        ids.extend(trail["e"])
    found = await store.by_ids(store.facts, list(dict.fromkeys(ids)))
    shares = [
        (fact, sum(one.amount for one in figures_in(fact) if _meant(one, member, metric, first, last)))
        for fact in found.values()
    ]
    return [(fact, share) for fact, share in shares if share]


def _meant(credit: Credit, member: str, metric: str, first: int | None, last: int | None) -> bool:
    if (credit.member, credit.metric) != (member, metric) or credit.on is None:
        return False
    return (first is None or first <= credit.on) and (last is None or credit.on <= last)
