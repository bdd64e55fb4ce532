"""What the use cases of leads work with."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from backbone.idempotency import By
from backbone.members import Members
from backbone.siblings import Siblings
from services.leads.domain.assignment import RuleSet
from services.leads.domain.form import Bounds
from services.leads.domain.policy import House
from services.leads.store import Store

ITSELF = "service:leads"
"""Who acts when no caller does: the rules, the timers, what is taken up after a crash."""


@dataclass(frozen=True)
class Desk:
    """The store, the member book, the clock, the organisation's currency (ISO 4217) and zone, the siblings, the bounds.

    `locks` keeps requests of this process from racing for one thing by name, which spares retries; that no
    bound is passed is the store's doing, whatever other processes there are.
    """

    store: Store
    members: Members
    now: Callable[[], datetime]
    currency: str
    zone: ZoneInfo
    siblings: Siblings
    bounds: Bounds = field(default_factory=Bounds)
    locks: "defaultdict[str, asyncio.Lock]" = field(default_factory=lambda: defaultdict(asyncio.Lock))

    @property
    def house(self) -> House:
        """The policies, at most a second old."""
        return self.store.house

    @property
    def rules(self) -> RuleSet:
        """The assignment rules in force, at most a second old."""
        return self.store.rules

    def itself(self, request_id: str) -> By:
        """This service as the one who acts, in a piece of work of this id."""
        return By(ITSELF, request_id)
