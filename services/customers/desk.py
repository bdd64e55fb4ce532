"""What the use cases of customers work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from backbone.members import Members
from services.customers.store import Store


@dataclass(frozen=True)
class Desk:
    """The store, the member book, the clock, and the organisation's currency (ISO 4217) and zone."""

    store: Store
    members: Members
    now: Callable[[], datetime]
    currency: str
    zone: ZoneInfo
