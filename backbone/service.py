"""What a service holds while it runs: store, publisher, relay, key book, member book.

`opened` is the shared part of every `main.py`: it opens the connections, makes
the topics, keeps the relay running, and closes all of it again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import httpx

from backbone.auth import DirectoryKeys
from backbone.broker import Publisher, ensure_topics
from backbone.members import Members
from backbone.mongo import Client, Database, connect, database, ping
from backbone.relay import Relay
from backbone.settings import Settings
from backbone.web import Check, running

SIBLING_SECONDS = 5.0
"""How long a call to a sibling service may take."""


@dataclass(frozen=True)
class Backbone:
    """The opened connections of one service."""

    settings: Settings
    client: Client
    database: Database
    publisher: Publisher
    relay: Relay
    http: httpx.AsyncClient
    keys: DirectoryKeys
    members: Members

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
    relay = Relay(publisher)
    async with httpx.AsyncClient(timeout=SIBLING_SECONDS, trust_env=False) as http:
        directory = settings.url("directory")
        try:
            async with running(relay.run):
                yield Backbone(
                    settings,
                    client,
                    database(client, settings, service),
                    publisher,
                    relay,
                    http,
                    DirectoryKeys(directory, http),
                    Members(directory, http),
                )
        finally:
            await publisher.close()
            client.close()
