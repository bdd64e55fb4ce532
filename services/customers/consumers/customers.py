"""Customers that outside systems tell of, and what visits, follow-ups and deals say of customers."""

from functools import partial
from typing import Final

from backbone.broker import Rest
from backbone.contract.customers import CustomerEvent
from backbone.contract.envelope import Envelope
from backbone.inbox import Following, Routes
from backbone.saga import SagaRunner
from backbone.settings import Settings
from services.customers.desk import Desk
from services.customers.domain.told_customer import TOLD
from services.customers.handlers.facts import take_facts
from services.customers.handlers.told_customers import adopt_customer

FACTS_GROUP: Final = "customers-facts"
FACTS_TOPICS: Final = ("activities", "deals")
FACTS_AT_ONCE: Final = 20_000
"""Events: a thousand a second, also with the longest rest."""
FACTS_REST: Final = Rest(times=39.0, most_seconds=20.0)
"""Many events of one customer then cost one count; nobody waits at a screen for a segment."""


def routes(desk: Desk, runner: SagaRunner) -> Routes:
    """What to do with an event of each class."""

    async def on_customer_told(envelope: Envelope) -> None:
        if isinstance(said := envelope.data, CustomerEvent):
            await adopt_customer(desk, runner, envelope, said)

    return dict.fromkeys(TOLD, on_customer_told)


def following(desk: Desk, settings: Settings) -> Following:
    """What is followed for the facts of customers, whoever says it."""
    return Following(settings, FACTS_GROUP, FACTS_TOPICS, partial(take_facts, desk), FACTS_AT_ONCE, FACTS_REST)
