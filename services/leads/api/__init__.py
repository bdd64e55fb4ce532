"""The HTTP door of leads: one module a noun."""

from backbone.imports import api as imports
from backbone.saga import api as sagas
from services.leads.api import (
    conversion,
    duplicates,
    erasures,
    forms,
    handovers,
    leads,
    moves,
    policies,
    pool,
    rules,
    submissions,
)

routers = [
    leads.router,
    moves.router,
    conversion.router,
    duplicates.router,
    pool.router,
    rules.router,
    forms.router,
    submissions.router,
    policies.router,
    erasures.router,
    handovers.router,
    sagas.router,
    imports.router,
]
