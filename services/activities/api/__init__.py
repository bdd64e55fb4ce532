"""The HTTP door of activities: one module a noun."""

from fastapi import APIRouter

from backbone.imports.api import router as imports
from backbone.saga.api import router as sagas
from services.activities.api import (
    articles,
    assignment_rules,
    complaint_forms,
    complaint_moves,
    complaints,
    follow_ups,
    frequency,
    handovers,
    planned_follow_ups,
    planned_visits,
    policies,
    rating,
    reports,
    routes,
    shifts,
    surveys,
    visits,
)

router = APIRouter()
for noun in (
    visits,
    planned_visits,
    routes,
    follow_ups,
    planned_follow_ups,
    frequency,
    shifts,
    reports,
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
router.include_router(sagas)
router.include_router(imports)
