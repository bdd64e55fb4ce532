"""Customers and deals from a file: each row as the body of `POST /customers` or `POST /deals`."""

from backbone.callers import Role
from backbone.imports import Importer
from backbone.outbox import Saved
from backbone.web import Asks
from services.customers.api.customers import CustomerToCreate, customer_of
from services.customers.api.deals import DealToOpen, deal_of
from services.customers.desk import Desk
from services.customers.domain.customer import Customer
from services.customers.domain.deal import Deal
from services.customers.domain.finding import legal_marks
from services.customers.handlers import customers, deals

SELLERS = (Role.MANAGER, Role.REP)


def importers(desk: Desk) -> list[Importer]:
    """The kinds of rows this service takes, from the same roles as over the API."""

    async def create_customer(body: CustomerToCreate, asks: Asks) -> Saved[Customer]:
        return await customers.create_customer(desk, asks, await customer_of(body, desk, asks), body.duplicates)

    async def open_deal(body: DealToOpen, asks: Asks) -> Saved[Deal]:
        return await deals.open_deal(desk, asks, *await deal_of(body, desk, asks))

    return [
        Importer(
            "customers",
            CustomerToCreate,
            create_customer,
            SELLERS,
            duplicates=frozenset({"duplicate"}),
            same_by=legal_marks,
        ),
        Importer("deals", DealToOpen, open_deal, SELLERS, money={"amount": "currency"}),
    ]
