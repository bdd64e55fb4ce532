"""Visits from a file: each row as the body of `POST /visits`."""

from backbone.callers import Role
from backbone.imports import Importer
from backbone.outbox import Saved
from backbone.web import Asks
from services.activities.api.visits import VisitToLog, visit_of
from services.activities.desk import Desk
from services.activities.domain.visit import Visit
from services.activities.handlers import visits


def importers(desk: Desk) -> list[Importer]:
    """The kinds of rows this service takes, from the same roles as over the API."""

    async def log_visit(body: VisitToLog, asks: Asks) -> Saved[Visit]:
        return await visits.log_visit(desk, asks, await visit_of(body, desk, asks))

    return [Importer("visits", VisitToLog, log_visit, roles=(Role.MANAGER, Role.REP))]
