"""The events behind one figure."""

from datetime import date

from backbone.calendar import Period
from backbone.callers import Caller
from backbone.clock import from_epoch_ms
from backbone.contract.boards import METRICS
from backbone.mongo import Document
from backbone.problems import NotFound, Refused
from services.analytics.ledger.explaining import facts_behind
from services.analytics.queries.scope import Figures, shown
from services.analytics.store import Store


async def explain(figures: Figures, caller: Caller, metric: str, member: str, period: Period) -> Document:
    """The events behind one figure: `{value, events: [...], left_out: [...]}`.

    Raises:
        NotFound: no such metric or member, or the member is outside the row scope.
        Refused: several members share the name.
    """
    if metric not in METRICS:
        raise NotFound("metric", metric)
    try:
        member_id = figures.people.people.member_called(member)
    except LookupError as doubt:
        raise Refused("ambiguous-name", f"{doubt}.", field="member") from doubt
    caller.check_may_see("member", member, member_id, figures.people.people.team_of.get(member_id))
    whole = period.kind == "all"
    first, last = (None, None) if whole else (_number(period.first), _number(period.last))
    on: Document = {} if whole else {"on": {"$gte": first, "$lte": last}}
    behind = await facts_behind(Store(figures.database), member_id, metric, first, last)
    events = [_explained(figures, metric, fact, share) for fact, share in behind]
    left_out = await figures.database["left_out"].find({"member": member_id, "metric": metric, **on}).to_list(None)
    if not events and not left_out and not figures.people.people.knows(member_id):
        raise NotFound("member", member)
    return {
        "metric": metric,
        "member": member_id,
        "period": period.key,
        **figures.freshness(),
        "value": shown(figures, metric, sum(share for _, share in behind)),
        "events": sorted(events, key=lambda event: (event["time"], event["id"])),
        "left_out": [{"id": row["event_id"], "reason": row["reason"], "place": row["_id"]} for row in left_out],
    }


def _explained(figures: Figures, metric: str, fact: Document, share: int) -> Document:
    topic, _, partition = fact["tp"].rpartition("-")
    return {
        "id": fact["_id"],
        "type": fact["ty"],
        "time": from_epoch_ms(fact["occ"]).isoformat(),
        "topic": topic,
        "partition": int(partition),
        "offset": fact["o"],
        "value": shown(figures, metric, share),
    }


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
