"""What the use cases of the directory work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from backbone.siblings import Siblings
from services.directory.store import Store


@dataclass(frozen=True)
class Desk:
    """The store, the clock and the other services."""

    store: Store
    now: Callable[[], datetime]
    siblings: Siblings
