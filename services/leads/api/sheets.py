"""Leads from a file: each row as the body of `POST /leads`."""

from backbone.callers import Role
from backbone.imports import Importer
from backbone.outbox import Saved
from backbone.web import Asks
from services.leads.api.shapes import LeadToCreate, lead_of
from services.leads.desk import Desk
from services.leads.domain.filing import filed
from services.leads.domain.lead import Lead
from services.leads.handlers import capture


def importers(desk: Desk) -> list[Importer]:
    """The kinds of rows this service takes, from the same roles as over the API."""

    async def create(body: LeadToCreate, asks: Asks) -> Saved[Lead]:
        return await capture.create_lead(desk, asks, await lead_of(body, desk, asks))

    return [
        Importer(
            "leads",
            LeadToCreate,
            create,
            roles=(Role.MANAGER, Role.REP),
            money={"value_estimate": "currency"},
            duplicates=frozenset({"duplicate-lead"}),
            same_by=lambda lead: filed(lead, desk.house)["claims"],
        )
    ]
