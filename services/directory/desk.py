"""What the use cases of the directory work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.directory.store import Store


@dataclass(frozen=True)
class Desk:
    """The store and the clock."""

    store: Store
    now: Callable[[], datetime]
