"""Handing over what a leaver owned, between services only."""

from backbone.handovers import handover_router
from services.leads.handlers.handovers import estates

router = handover_router(estates)
