"""Deals, pipelines and clocks: documents of one source partition, set whole where nobody else moved them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from backbone.mongo import Document, UpdateOne
from services.analytics.domain.deals import Deal
from services.analytics.domain.pipelines import Pipeline
from services.analytics.domain.sla import (
    Clock,
    Policy,
    due_at,
    first_reply,
    in_time,
    next_look,
    opened_at,
    state_of,
)
from services.analytics.folds.routing import Known
from services.analytics.ledger.sums import UNMARKED


def read_deal(document: Document, label: str) -> Known:
    """A deal as it is stored."""
    return Known(msgspec.convert(document["deal"], Deal), document["at"].get(label, UNMARKED), document["rev"])


def deal_write(name: str, known: Known, label: str, last: int) -> UpdateOne | Document:
    """The guarded write of a deal, or the whole document where there was none; its mark moves to `last`."""
    deal: Deal = known.state
    kept = {"deal": msgspec.to_builtins(deal), "p": deal.pipeline, "stage": deal.stage, "status": deal.status}
    return _marked(name, known, label, last, kept)


def read_pipeline(document: Document, label: str) -> Known:
    """A pipeline as it is stored."""
    return Known(msgspec.convert(document["pipeline"], Pipeline), document["at"].get(label, UNMARKED), document["rev"])


def pipeline_write(id_: str, known: Known, label: str, last: int) -> UpdateOne | Document:
    """The guarded write of a pipeline, or the whole document where there was none; its mark moves to `last`."""
    return _marked(id_, known, label, last, {"pipeline": msgspec.to_builtins(known.state)})


def _marked(id_: str, known: Known, label: str, last: int, kept: Document) -> UpdateOne | Document:
    if known.version == 0:
        return {"_id": id_, **kept, "at": {label: last}, "rev": 1}
    path = f"at.{label}"
    # It has one source partition; where it has no mark of it, the number of partitions was changed.
    guard = {"$exists": False} if known.mark == UNMARKED else known.mark
    return UpdateOne({"_id": id_, path: guard}, {"$set": {**kept, path: last}, "$inc": {"rev": 1}}, upsert=True)


def read_clock(document: Document) -> Known:
    """A clock as it is stored."""
    return Known(msgspec.convert(document["clock"], Clock), document["mark"], document["version"])


def clock_write(
    name: str, known: Known, policy: Policy, label: str, last: int, rows: Sequence[Document]
) -> UpdateOne | Document:
    """The guarded write of a clock, or the whole document where there was none.

    Alerts to send go into its outbox (see `backbone.sweep`). The guard
    is the version, which a timer moves too.
    """
    kept = {**_told(known.state, policy), "tp": label, "mark": last, "version": known.version + 1}
    if rows:
        kept["pending"] = True
    if known.version == 0:
        return {"_id": name, **kept, "outbox": list(rows)} if rows else {"_id": name, **kept}
    update: Document = {"$set": kept}
    if rows:
        update["$push"] = {"outbox": {"$each": list(rows)}}
    return UpdateOne({"_id": name, "version": known.version}, update, upsert=True)


def _told(clock: Clock, policy: Policy) -> dict[str, Any]:
    """What is stored of a clock: the clock itself, and what lists and counts ask for."""
    opened, reply = opened_at(clock), first_reply(clock)
    reached = [one.level for one in clock.reached]
    answered = opened is not None and reply is not None
    return {
        "clock": msgspec.to_builtins(clock),
        "policy": policy.name,
        "subject": clock.subject,
        "customer_id": clock.customer,
        "owner_id": clock.owner,
        "team_id": clock.team,
        "severity": clock.severity,
        "state": state_of(clock),
        "opened_at": opened,
        "due_at": due_at(clock, policy),
        "next_at": next_look(clock, policy),
        "level": "breach" if "breach" in reached else "warning" if reached else None,
        "warned": "warning" in reached,
        "breached": "breach" in reached,
        "replied_at": None if reply is None else reply.at,
        "replied_by": None if reply is None else reply.member,
        "reply_seconds": max(reply.at - opened, 0) // 1000 if answered and reply and opened is not None else None,
        "replied_late": answered and in_time(clock, policy) is None,
        "imported": clock.imported,
    }
