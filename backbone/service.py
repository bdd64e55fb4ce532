"""What a service holds while it runs: store, publisher, relay, key book, member book, siblings.

`opened` is the shared part of every `main.py`: it opens the connections, makes
the topics, keeps the relay running, and closes all of it again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from backbone.auth import DirectoryKeys, KeyBook
from backbone.broker import BrokerError, Publisher, ensure_topics
from backbone.members import Members
from backbone.mongo import Client, Database, PyMongoError, connect, database, ping
from backbone.relay import Relay
from backbone.runs import Runs
from backbone.settings import Settings
from backbone.siblings import PlatformKeys, Siblings
from backbone.web import Check, running

SIBLING_SECONDS = 5.0
"""How long a call to a sibling service may take."""

CLOSING_SECONDS = 5.0
"""How long a service that stops publishes what it has left."""

DOOR: Final = "gateway"
"""The service outsiders reach: the platform key opens nothing there."""


@dataclass(frozen=True)
class Backbone:
    """The opened connections of one service."""

    settings: Settings
    client: Client
    database: Database
    publisher: Publisher
    relay: Relay
    http: httpx.AsyncClient
    keys: KeyBook
    members: Members
    siblings: Siblings

    def platform_keys(self, book: KeyBook) -> KeyBook:
        """A key book that lets sibling services in before it asks `book`."""
        return PlatformKeys(self.settings.platform_key, book)

    def checks(self) -> Mapping[str, Check]:
        """What must answer for the service to be ready."""
        return {"store": lambda: ping(self.client)}


@contextlib.asynccontextmanager
async def opened(service: str, settings: Settings) -> AsyncIterator[Backbone]:
    """Open what a service needs, with its relay running, until the block ends.

    Raises:
        BrokerError: Kafka does not answer.
        PyMongoError: the store does not answer.
    """
    client = connect(settings)
    await ping(client)
    await asyncio.to_thread(ensure_topics, settings)
    publisher = await asyncio.to_thread(Publisher, settings)
    base = database(client, settings, service)
    relay = Relay(publisher, Runs(base["runs"]))
    async with httpx.AsyncClient(timeout=SIBLING_SECONDS, trust_env=False) as http:
        directory = settings.url("directory")
        keys: KeyBook = DirectoryKeys(directory, http)
        if service != DOOR:
            keys = PlatformKeys(settings.platform_key, keys)
        try:
            async with running(relay.run):
                yield Backbone(
                    settings,
                    client,
                    base,
                    publisher,
                    relay,
                    http,
                    keys,
                    Members(directory, http),
                    Siblings(service, settings, http),
                )
        finally:
            with contextlib.suppress(BrokerError, PyMongoError, OSError, TimeoutError):  # the next run sends it
                await asyncio.wait_for(relay.close(), CLOSING_SECONDS)
            await publisher.close()
            client.close()
