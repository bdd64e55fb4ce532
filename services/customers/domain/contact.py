"""A person at a customer's. Personal data: it stays in this service, and no event carries it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from backbone.audit import personal

MOST_CONTACTS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One person; `came_from` are the customers he was known at before they were merged, the last one last."""

    contact_id: str
    name: str = field(metadata=personal)
    role: str | None = None
    phone: str | None = field(default=None, metadata=personal)
    mail: str | None = field(default=None, metadata=personal)
    birthday: date | None = field(default=None, metadata=personal)
    primary: bool = False
    came_from: tuple[str, ...] = ()
