"""How a complaint comes in: opened here, by a web form, or told by an outside system."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from backbone.contract.complaints import ComplaintEvent, ComplaintOpened
from backbone.contract.envelope import Envelope
from backbone.failpoints import reached
from backbone.idempotency import By
from backbone.inbox import adopt, happened_at
from backbone.outbox import Saved
from backbone.problems import Conflict, Unavailable
from backbone.rows import Told, row_to_change
from backbone.web import Asks
from services.activities.desk import Desk
from services.activities.domain import adoption, opening
from services.activities.domain.adoption import Heard
from services.activities.domain.assigning import AssignmentRule, Facts
from services.activities.domain.policy import terms_on
from services.activities.domain.story import Complaint
from services.activities.handlers import assigning
from services.activities.handlers.complaint_moving import in_milliseconds, move
from services.activities.handlers.policies import terms_for, terms_named

MEASURED_BY: Final = frozenset({"severity", "customer_id"})
"""Which fields the policy hangs on, the grade being the customer's."""

BY_RULE: Final = "service:activities"
"""What events name as actor when nobody did it but a rule."""


async def open_complaint(desk: Desk, asks: Asks, complaint: Complaint, owner_id: str | None) -> Saved[Complaint]:
    """Take a complaint a customer has raised.

    Args:
        desk: what to work with.
        asks: who opens it.
        complaint: as it was told; `policy_id` where somebody chose one.
        owner_id: who shall answer; None = by the rules.
    """
    opened_at = in_milliseconds(complaint.opened_at)
    whole, rules = await _measured(desk, replace(complaint, opened_at=opened_at, since=opened_at))
    choice = await assigning.choice_for(desk, asks, rules, owner_id, facts_of(whole))
    state, events = opening.open_complaint(whole, desk.now(), choice)
    return await desk.store.complaints.create(complaint.complaint_id, state, events, at=state.opened_at, by=asks.by)


async def open_by_form(desk: Desk, by: By, complaint: Complaint) -> Saved[Complaint]:
    """Take a complaint a stranger sends by a web form: the rules say who answers."""
    whole, rules = await _measured(desk, complaint)
    choice = await assigning.by_rule(desk, rules, facts_of(whole)) or assigning.nobody()
    state, events = opening.open_complaint(whole, desk.now(), choice)
    return await desk.store.complaints.create(complaint.complaint_id, state, events, at=state.opened_at, by=by)


async def judge(
    desk: Desk, asks: Asks, complaint_id: str, told: Told, member_id: str | None, judged: Mapping[str, str | None]
) -> Saved[Complaint]:
    """Say how bad it is, what it is about or whose it is; the policy follows."""
    member = await desk.members.acting(asks.caller, member_id, kind="complaint")
    present = await row_to_change(desk.store.complaints, asks, complaint_id, told.version)
    if present.replayed:
        return present
    found, terms = judged, terms_on(present.state)
    if not MEASURED_BY.isdisjoint(judged):
        after = await _with_customer(desk, replace(present.state, **_of_fields(present.state, judged)))
        found = {**judged, "customer_grade": after.customer_grade, "territory": after.territory}
        in_force = await desk.store.in_force.fresh()
        terms = terms_for(desk, in_force.policies, after.severity, after.customer_grade)
    decide = partial(opening.judge, member_id=member.member_id, judged=found, terms=terms)
    return await move(desk, asks, complaint_id, told, decide)


async def assign(
    desk: Desk, asks: Asks, complaint_id: str, told: Told, owner_id: str | None, reason: str | None
) -> Saved[Complaint]:
    """Give a complaint to a member to answer: the one named, else whom the rules choose."""
    if owner_id is not None:
        choice = await assigning.named(desk, asks, owner_id, reason or "by-hand")
    else:
        # Before the rules are asked: who may not change it shall use up nobody's turn.
        present = await row_to_change(desk.store.complaints, asks, complaint_id, told.version)
        if present.replayed:
            return present
        rules = (await desk.store.in_force.fresh()).rules
        choice = await assigning.by_rule(desk, rules, facts_of(present.state)) or assigning.nobody()
    return await move(desk, asks, complaint_id, told, partial(opening.assign, choice=choice))


async def adopt_step(desk: Desk, envelope: Envelope, said: ComplaintEvent) -> None:
    """Take in what an outside system tells of a complaint.

    One that is opened by nobody's policy or for nobody is measured and assigned here, unless an import told it.
    """
    heard = Heard(
        event_id=envelope.id,
        source=envelope.source,
        at=happened_at(envelope),
        sequence=envelope.sequence or 0,
        recorded_at=desk.now(),
    )
    decide = partial(adoption.adopt_step, said=said, heard=heard)
    await adopt(desk.store.complaints, said.complaint_id, envelope, decide)
    if isinstance(said, ComplaintOpened) and envelope.imported is None and not envelope.undated:
        reached("complaint-adopted:before-it-is-taken-in")
        await _take_in(desk, said.complaint_id, envelope.id)


def facts_of(complaint: Complaint) -> Facts:
    """What the assignment rules look at."""
    return Facts(
        severity=complaint.severity,
        product_id=complaint.product_id,
        customer_grade=complaint.customer_grade,
        territory=complaint.territory,
        channel=complaint.channel,
    )


async def _take_in(desk: Desk, complaint_id: str, cause: str) -> None:
    by = By(BY_RULE, cause, cause=cause)
    while True:
        found = await desk.store.complaints.get(complaint_id)
        if found.state.taken_in_at is not None or found.state.state in ("closed", "merged"):
            return
        whole = await _with_customer(desk, found.state)
        own_terms = whole.policy_id is not None or whole.first_reply_seconds is not None
        in_force = await desk.store.in_force.fresh()
        terms = None if own_terms else terms_for(desk, in_force.policies, whole.severity, whole.customer_grade)
        owned = whole.owner_id is not None
        choice = None if owned else await assigning.by_rule(desk, in_force.rules, facts_of(whole))
        now: datetime = desk.now()
        state, events = opening.take_in(whole, now, terms=terms, choice=choice)
        try:
            await desk.store.complaints.change(found, state, events, at=now, by=by)
        except Conflict:
            continue  # the next event of the same complaint was faster: decide again on what it left
        return


async def _measured(desk: Desk, complaint: Complaint) -> tuple[Complaint, Sequence[AssignmentRule]]:
    """The complaint with what holds for it, and the rules that say who answers."""
    whole, in_force = await _with_customer(desk, complaint), await desk.store.in_force.fresh()
    if whole.policy_id is not None:
        terms = await terms_named(desk, whole.policy_id)
    else:
        terms = terms_for(desk, in_force.policies, whole.severity, whole.customer_grade)
    return terms.on(whole), in_force.rules


async def _with_customer(desk: Desk, complaint: Complaint) -> Complaint:
    """The complaint with the customer's grade and territory, where nobody told them."""
    if complaint.customer_id is None or (complaint.customer_grade and complaint.territory):
        return complaint
    try:
        known = await desk.sites.site_now(complaint.customer_id)
    except Unavailable:
        # A complaint is taken whatever the customers service says: the policy for all grades holds then.
        return complaint
    grade, territory = complaint.customer_grade or known.grade, complaint.territory or known.territory
    if (grade, territory) == (complaint.customer_grade, complaint.territory):
        return complaint
    return replace(complaint, customer_grade=grade, territory=territory)


def _of_fields(complaint: Complaint, judged: Mapping[str, str | None]) -> dict[str, Any]:
    # Another customer has another grade and territory.
    other = "customer_id" in judged and judged["customer_id"] != complaint.customer_id
    forgotten: dict[str, Any] = {"customer_grade": None, "territory": None} if other else {}
    return {**forgotten, **judged}
