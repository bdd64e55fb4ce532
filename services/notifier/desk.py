"""What the use cases of the notifier work with."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from backbone.auth import KeyBook
from backbone.settings import Settings
from services.notifier.domain.channel import Channel, Kind
from services.notifier.feeds import Book, TeamFeed
from services.notifier.settings import NotifierSettings
from services.notifier.store import Store


@dataclass(frozen=True)
class Desk:
    """Stores, books, channels, the clock and the dice.

    `due` is set when something was put into a lane, `asked` when a replay was asked for: who waits for work
    looks at once then.
    """

    settings: Settings
    options: NotifierSettings
    store: Store
    book: Book
    teams: TeamFeed
    keys: KeyBook
    channels: Mapping[Kind, Channel]
    now: Callable[[], datetime]
    chance: Callable[[], float]
    due: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def lease(self) -> timedelta:
        """How long a process keeps what it works at to itself."""
        return timedelta(seconds=self.options.lease_seconds)
