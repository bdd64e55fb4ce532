"""Fixtures of tests that speak to the broker by themselves, without a service."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from backbone.broker import Publisher, ensure_topics
from backbone.settings import Settings


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    """A publisher to topics that are there; closed after the test."""
    await asyncio.to_thread(ensure_topics, settings)
    opened = await asyncio.to_thread(Publisher, settings)
    yield opened
    await opened.close()
