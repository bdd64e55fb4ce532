"""The HTTP door of customers: one module a noun."""

from fastapi import APIRouter

from backbone.imports.api import router as imports
from backbone.saga.api import router as sagas
from services.customers.api import (
    contacts,
    contracts,
    customers,
    deals,
    grading,
    handovers,
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

router = APIRouter()
for noun in (
    # Before the customers: their paths stand where an id may stand.
    search,
    merging,
    overview,
    customers,
    ownership,
    contacts,
    segments,
    grading,
    pipelines,
    deals,
    moves,
    quotes,
    contracts,
    payments,
    handovers,
):
    router.include_router(noun.router)
router.include_router(sagas)
router.include_router(imports)
