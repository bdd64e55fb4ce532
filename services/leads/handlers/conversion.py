"""A lead becomes a customer with contacts and, if wished, a deal: a saga over this service and the customers'.

Nothing is made before the lead is kept for it. What is refused then leaves the lead as it was. Once the
customer is there the conversion only goes forward: a contact or a deal that is refused is left out, and the
result says which and why. The person's data go over HTTP only; they are read from the lead at each step.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from backbone.outbox import Saved
from backbone.problems import Conflict, NotFound, Problem, Refused, Unavailable
from backbone.rows import in_present_team, row_to_change
from backbone.saga import More, Outcome, Plan, Saga, SagaRunner
from backbone.siblings import path_to
from backbone.web import Asks
from services.leads.desk import Desk
from services.leads.domain import conversion
from services.leads.domain.lead import Contact, Lead

CUSTOMERS: Final = "customers"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a lead shall become.

    Args:
        customer_id: the customer it goes into; None = a new one is entered.
        customer_name: of a new one; the lead's company by default, else the person's name.
        duplicates: whether a new one may be like another one (see the customers service).
        deal: fields of the deal to open; None = none is opened.
    """

    customer_id: str | None = None
    customer_name: str | None = None
    duplicates: str | None = None
    deal: Mapping[str, Any] | None = None


def plan(desk: Desk) -> Plan:
    """The steps of a conversion, and how a refused one lets the lead go."""

    async def reserve(saga: Saga) -> Outcome:
        return await _reserve(desk, saga)

    async def customer(saga: Saga) -> Outcome:
        return await _customer(desk, saga)

    async def contacts(saga: Saga) -> Outcome:
        return await _contacts(desk, saga)

    async def deal(saga: Saga) -> Outcome:
        return await _deal(desk, saga)

    async def finish(saga: Saga) -> Outcome:
        return await _finish(desk, saga)

    async def release(saga: Saga) -> None:
        await _release(desk, saga)

    steps = {"reserve": reserve, "customer": customer, "contacts": contacts, "deal": deal, "finish": finish}
    return Plan({name: steps[name] for name in conversion.STEPS}, release)


async def convert_lead(
    desk: Desk, sagas: SagaRunner, asks: Asks, lead_id: str, version: int, wish: Wish
) -> Saved[Saga]:
    """Begin to convert a lead; the saga as it stands after a moment.

    Raises:
        NotFound: there is no such lead, or no such customer, the caller may see.
        Conflict: the lead has another version by now.
        Refused: the lead cannot be converted, or the wish cannot be met.
        Unavailable: the customers service does not answer; nothing was begun.
    """
    if begun := await sagas.sagas.of_attempt(asks.by):
        return begun
    found = await row_to_change(desk.store.leads, asks, lead_id, version)
    owner_id = conversion.check_may_convert(found.state)
    await desk.members.working(owner_id, field="/owner_id")
    _name_of(found.state, wish.customer_name)
    await _check_wish(desk, asks, wish)
    return await sagas.start(
        conversion.CONVERSION,
        subject=lead_id,
        owner_id=owner_id,
        team_id=found.state.team_id,
        said={
            "customer_id": wish.customer_id,
            "customer_name": wish.customer_name,
            "duplicates": wish.duplicates,
            "deal": None if wish.deal is None else dict(wish.deal),
        },
        by=asks.by,
    )


async def _reserve(desk: Desk, saga: Saga) -> Outcome:
    """Keep the lead, so that nobody else changes it."""
    found = await desk.store.leads.get(saga.subject)
    if desk.store.leads.replay(found, saga.by()) is None:
        now = desk.now()
        await desk.store.leads.change(
            found, conversion.reserve(found.state, saga.saga_id, now), [], at=now, by=saga.by()
        )
    return {}


async def _customer(desk: Desk, saga: Saga) -> Outcome:
    """Enter the customer, or find the one it goes into."""
    if (chosen := saga.said["customer_id"]) is not None:
        return {"customer_id": chosen, "entered": False}
    lead = (await desk.store.leads.get(saga.subject)).state
    body = {
        "name": _name_of(lead, saga.said["customer_name"]),
        "owner_id": lead.owner_id,
        "lead_id": lead.lead_id,
        "channel": lead.channel,
        "territory": lead.territory,
        "industry": lead.industry,
        "tax_id": lead.tax_id,
        "duplicates": saga.said["duplicates"],
    }
    made = await desk.siblings.post(CUSTOMERS, "/customers", body, by=saga.by(), key=saga.key())
    return {"customer_id": made["customer_id"], "entered": True}


async def _contacts(desk: Desk, saga: Saga) -> Outcome:
    """Note the lead's people at the customer, one at a time.

    A retry must send what was sent before, so the version it is sent with is noted before it is sent.
    """
    lead = (await desk.store.leads.get(saga.subject)).state
    customer_id = saga.results["customer"]["customer_id"]
    so_far = {"added": [], "left_out": {}, **saga.results.get(saga.step, {})}
    waiting = [one for one in lead.contacts if one.contact_id not in {*so_far["added"], *so_far["left_out"]}]
    if not waiting:
        return {"added": so_far["added"], "left_out": so_far["left_out"]}
    contact = waiting[0]
    version = so_far.get("version")
    path = path_to("customers", customer_id, "contacts")
    if version is None:
        known = await desk.siblings.get(CUSTOMERS, path, by=saga.by())
        if _is_among(contact, known["contacts"]):
            return More({**so_far, "left_out": {**so_far["left_out"], contact.contact_id: "known-there"}})
        return More({**so_far, "version": known["version"]})
    body = {"version": version, **_person(contact)}
    key = saga.key(f"{contact.contact_id}:{version}")
    told = {"added": so_far["added"], "left_out": so_far["left_out"]}
    try:
        await desk.siblings.post(CUSTOMERS, path, body, by=saga.by(), key=key)
    except Unavailable:
        raise
    except Conflict:
        return More(told)  # the customer has moved on: read it again
    except Problem as refused:
        return More({**told, "left_out": {**told["left_out"], contact.contact_id: refused.code}})
    return More({**told, "added": [*told["added"], contact.contact_id]})


async def _deal(desk: Desk, saga: Saga) -> Outcome:
    """Open the deal, if one is wished; one that is refused is left out."""
    if (wished := saga.said["deal"]) is None:
        return {"deal_id": None}
    lead = (await desk.store.leads.get(saga.subject)).state
    body = {
        "owner_id": lead.owner_id,
        "customer_id": saga.results["customer"]["customer_id"],
        "lead_id": lead.lead_id,
        "amount": lead.value_estimate or 0,
        "currency": lead.currency,
        "product_ids": list(lead.product_ids),
        **wished,
    }
    try:
        opened = await desk.siblings.post(CUSTOMERS, "/deals", body, by=saga.by(), key=saga.key())
    except (Unavailable, Conflict):
        raise
    except Problem as refused:
        return {"deal_id": None, "refused": {"code": refused.code, "detail": refused.detail, "field": refused.field}}
    return {"deal_id": opened["deal_id"]}


async def _finish(desk: Desk, saga: Saga) -> Outcome:
    """Note on the lead what became of it, and tell it."""
    found = await desk.store.leads.get(saga.subject)
    made = {"customer_id": saga.results["customer"]["customer_id"], "deal_id": saga.results["deal"]["deal_id"]}
    if desk.store.leads.replay(found, saga.by()) is None:
        now = desk.now()
        present = await in_present_team(found.state, desk.members)
        state, events = conversion.finish(present, saga.saga_id, now, **made)
        await desk.store.leads.change(found, state, events, at=now, by=saga.by())
    return made


async def _release(desk: Desk, saga: Saga) -> None:
    """Let the lead go as it was."""
    found = await desk.store.leads.get(saga.subject)
    freed = conversion.release(found.state, saga.saga_id)
    if freed != found.state:
        await desk.store.leads.change(found, freed, [], at=desk.now(), by=saga.by("release"))


async def _check_wish(desk: Desk, asks: Asks, wish: Wish) -> None:
    """Refuse what cannot be met before anything is begun: a customer out of sight, an unknown pipeline or stage."""
    by = replace(asks.by, attempt=None)
    if wish.customer_id is not None:
        customer = await desk.siblings.get(CUSTOMERS, path_to("customers", wish.customer_id), by=by)
        asks.caller.check_may_see("customer", wish.customer_id, customer["owner_id"], customer["team_id"])
    pipeline_id = (wish.deal or {}).get("pipeline")
    if pipeline_id is None:
        return
    try:
        pipeline = await desk.siblings.get(CUSTOMERS, path_to("pipelines", pipeline_id), by=by)
    except NotFound as unknown:
        raise Refused("unknown-pipeline", unknown.detail, field="/deal/pipeline") from unknown
    stage, stages = (wish.deal or {}).get("stage"), [known["stage"] for known in pipeline["stages"]]
    if stage is not None and stage not in stages:
        raise Refused("unknown-stage", f"Take one of: {', '.join(stages)}.", field="/deal/stage")


def _name_of(lead: Lead, wished: str | None) -> str:
    name = wished or lead.company_name or (lead.contacts[0].name if lead.contacts else None)
    if name is None:
        raise Refused("no-name", "Nobody knows how this lead is called; say customer_name.", field="/customer_name")
    return name


def _person(contact: Contact) -> dict[str, str | None]:
    """How a person is called and reached; full-width signs of a phone number become plain ones."""
    phone = None if contact.phone is None else unicodedata.normalize("NFKC", contact.phone)
    return {"name": contact.name, "phone": phone, "mail": contact.mail}


def _is_among(contact: Contact, known: list[Mapping[str, Any]]) -> bool:
    person = _person(contact)
    return any({way: one[way] for way in person} == person for one in known)
