"""What the use cases of activities work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from backbone.members import Members
from services.activities.store import Store


@dataclass(frozen=True)
class Desk:
    """The store, the member book and the clock."""

    store: Store
    members: Members
    now: Callable[[], datetime]
