"""The HTTP door of customers: one module a noun."""

from backbone.imports.api import router as imports
from backbone.saga.api import router as sagas
from services.customers.api import (
    contacts,
    contracts,
    customers,
    deals,
    grading,
    handovers,
    lookup,
    merging,
    moves,
    overview,
    ownership,
    payments,
    pipelines,
    quotes,
    search,
    segments,
)

routers = [
    lookup.router,
    # The most asked for come first, for each request walks along here; before the customers
    # those whose paths stand where an id may stand.
    search.router,
    merging.router,
    overview.router,
    customers.router,
    deals.router,
    ownership.router,
    contacts.router,
    segments.router,
    grading.router,
    pipelines.router,
    moves.router,
    quotes.router,
    contracts.router,
    payments.router,
    handovers.router,
    sagas,
    imports,
]
