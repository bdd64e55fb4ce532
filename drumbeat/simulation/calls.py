"""What each step says to the API: method, path and body. Pure, so that it can be read in one place."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from drumbeat.simulation.days import Step


@dataclass(frozen=True, slots=True)
class Known:
    """An object the platform made: its id and the version last seen."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `id_field` names the object's id in the answer."""

    path: str
    body: dict[str, Any]
    id_field: str


Make = Callable[[Step, datetime, Known | None, dict[str, str]], Call]


def call_for(step: Step, at: datetime, known: Known | None, customers: dict[str, str]) -> Call | None:
    """The request of a step; None when what it continues was never begun.

    Args:
        step: what the rep does.
        at: when it happened, by the wall clock.
        known: the step's story as the platform has it.
        customers: ids by the simulation's own keys.
    """
    continues = step.what not in _BEGINNINGS
    if continues and known is None:
        return None
    return _CALLS[step.what](step, at, known, customers)


def _log_visit(step: Step, at: datetime, _: Known | None, customers: dict[str, str]) -> Call:
    body = {name: step.body[name] for name in ("lat", "lon", "accuracy_m", "purpose", "outcome")}
    times = {"started_at": _text(at - timedelta(minutes=step.body["minutes"])), "ended_at": _text(at)}
    return Call(
        "/api/activities/visits", {**body, **times, "customer_id": customers[step.body["customer"]]}, "visit_id"
    )


def _log_follow_up(step: Step, at: datetime, _: Known | None, customers: dict[str, str]) -> Call:
    body = {name: value for name, value in step.body.items() if name != "customer"}
    said = {**body, "happened_at": _text(at), "customer_id": customers[step.body["customer"]]}
    return Call("/api/activities/follow-ups", said, "follow_up_id")


def _create_lead(step: Step, at: datetime, _: Known | None, __: dict[str, str]) -> Call:
    contact = {"name": f"Lead {step.story}"}
    return Call(
        "/api/leads/leads", {"channel": step.body["channel"], "contact": contact, "created_at": _text(at)}, "lead_id"
    )


def _open_deal(step: Step, at: datetime, _: Known | None, customers: dict[str, str]) -> Call:
    body = {
        "customer_id": customers[step.body["customer"]],
        "amount": step.body["amount"],
        "opened_at": _text(at),
    }
    return Call("/api/customers/deals", body, "deal_id")


def _open_complaint(step: Step, at: datetime, _: Known | None, customers: dict[str, str]) -> Call:
    body = {
        "customer_id": customers[step.body["customer"]],
        "severity": step.body["severity"],
        "channel": "phone",
        "opened_at": _text(at),
    }
    return Call("/api/activities/complaints", body, "complaint_id")


def _move(room: str, verb: str, id_field: str, *names: str, timed: bool = True) -> Make:
    """A call that moves a known object; `names` are taken from the step's body."""

    def make(step: Step, at: datetime, known: Known | None, _: dict[str, str]) -> Call:
        known = known or Known("", 0)
        body = {"version": known.version, **{name: step.body[name] for name in names if name in step.body}}
        if timed:
            body["at"] = _text(at)
        return Call(f"/api/{room}/{known.id}/{verb}", body, id_field)

    return make


def _move_deal(step: Step, at: datetime, known: Known | None, customers: dict[str, str]) -> Call:
    call = _move("customers/deals", "stage", "deal_id")(step, at, known, customers)
    return Call(call.path, {**call.body, "to_stage": step.body["stage"]}, call.id_field)


def _receive_payment(step: Step, at: datetime, known: Known | None, customers: dict[str, str]) -> Call:
    call = _move("customers/deals", "payments", "deal_id", timed=False)(step, at, known, customers)
    said = {
        "payment_id": f"payment-{step.story}".replace("/", "-"),
        "amount": max(1, int(step.body["amount"] * step.body["share"])),
        "received_on": at.date().isoformat(),
    }
    return Call(call.path, {**call.body, **said}, call.id_field)


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


_BEGINNINGS: Final = {"log-visit", "log-follow-up", "create-lead", "open-deal", "open-complaint"}

_CALLS: Final[dict[str, Make]] = {
    "log-visit": _log_visit,
    "void-visit": _move("activities/visits", "void", "visit_id", "reason", timed=False),
    "log-follow-up": _log_follow_up,
    "create-lead": _create_lead,
    "open-deal": _open_deal,
    "move-deal": _move_deal,
    "win-deal": _move("customers/deals", "win", "deal_id"),
    "lose-deal": _move("customers/deals", "lose", "deal_id", "reason"),
    "receive-payment": _receive_payment,
    "open-complaint": _open_complaint,
    "reply-complaint": _move("activities/complaints", "reply", "complaint_id"),
    "pause-complaint": _move("activities/complaints", "pause", "complaint_id", "reason"),
    "resume-complaint": _move("activities/complaints", "resume", "complaint_id"),
    "resolve-complaint": _move("activities/complaints", "resolve", "complaint_id"),
}
