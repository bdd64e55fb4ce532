"""Leads for unit tests: whole ones, of which a test names what matters."""

from datetime import UTC, datetime
from typing import Any

from services.leads.domain.lead import Contact, Lead

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def a_lead(lead_id: str = "lead-1", **told: Any) -> Lead:
    """A new lead of Lin's that came in now."""
    owner_id = told.pop("owner_id", "lin")
    return Lead(
        **{
            "lead_id": lead_id,
            "owner_id": owner_id,
            "team_id": None if owner_id is None else "north",
            "channel": "web",
            "owned_at": None if owner_id is None else NOW,
            "pooled_at": NOW if owner_id is None else None,
            "created_at": NOW,
            "recorded_at": NOW,
            **told,
        }
    )


def a_contact(name: str = "Ann", **told: Any) -> Contact:
    """A person called so."""
    return Contact(contact_id=name.lower(), name=name, **told)
