"""The HTTP door of activities: one module a noun."""

from fastapi import APIRouter

from services.activities.api import complaints, follow_ups, visits

router = APIRouter()
for noun in (visits, follow_ups, complaints):
    router.include_router(noun.router)
