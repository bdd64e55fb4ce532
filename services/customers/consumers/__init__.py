"""What customers take from Kafka: what outside systems tell, one module a noun."""

from typing import Final

from backbone.inbox import Routes
from backbone.saga import SagaRunner
from services.customers.consumers import customers, deals
from services.customers.desk import Desk

TOPICS: Final = ("customers", "deals")


def routes(desk: Desk, runner: SagaRunner) -> Routes:
    """What to do with an event of each class."""
    return {**customers.routes(desk, runner), **deals.routes(desk)}
