"""The HTTP door of activities: one module a noun."""

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

routers = [
    # The most asked for come first, for each request walks along here.
    visits.router,
    complaints.router,
    follow_ups.router,
    planned_visits.router,
    routes.router,
    planned_follow_ups.router,
    frequency.router,
    shifts.router,
    reports.router,
    complaint_moves.router,
    complaint_forms.router,
    policies.router,
    assignment_rules.router,
    articles.router,
    surveys.router,
    rating.router,
    handovers.router,
    sagas,
    imports,
]
