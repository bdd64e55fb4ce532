"""The HTTP door of customers: one module a noun."""

from fastapi import APIRouter

from services.customers.api import contacts, customers, deals, moves, ownership, pipelines

router = APIRouter()
for noun in (customers, ownership, contacts, pipelines, deals, moves):
    router.include_router(noun.router)
