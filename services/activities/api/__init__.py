"""The HTTP door of activities: one module a noun."""

from fastapi import APIRouter

from services.activities.api import (
    articles,
    assignment_rules,
    complaint_forms,
    complaint_moves,
    complaints,
    follow_ups,
    handovers,
    policies,
    rating,
    surveys,
    visits,
)

router = APIRouter()
for noun in (
    visits,
    follow_ups,
    complaints,
    complaint_moves,
    complaint_forms,
    policies,
    assignment_rules,
    articles,
    surveys,
    rating,
    handovers,
):
    router.include_router(noun.router)
