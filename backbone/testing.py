"""What tests of every service stand on: a real broker, a real store, a name space of their own.

`tests/conftest.py` imports the fixtures from here. Where the engines come from, in this order:
`DRUMBEAT_KAFKA` and `DRUMBEAT_MONGO`; containers, where a Docker engine answers; the local stack's
engines in a temporary folder on free ports. A broker that cannot be had is a failure, never a skip.
"""

import asyncio
import os
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal, TypeVar

import pytest

from backbone.settings import Settings

Answer = TypeVar("Answer")
POLL_SECONDS: Final = 0.05

__all__ = ["eventually", "kafka", "mongo", "namespace", "new_namespace", "separate", "settings"]


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap servers of a real broker, for the whole run."""
    existing = os.environ.get("DRUMBEAT_KAFKA")
    if existing:
        yield existing
    elif _docker():
        from deploy.local.containers import kafka_container

        with kafka_container() as servers:
            yield servers
    else:
        with _local("kafka", tmp_path_factory) as servers:
            yield servers


@pytest.fixture(scope="session")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real document store, for the whole run."""
    existing = os.environ.get("DRUMBEAT_MONGO")
    if existing:
        yield existing
    elif _docker():
        from deploy.local.containers import mongo_container

        with mongo_container() as url:
            yield url
    else:
        with _local("mongo", tmp_path_factory) as url:
            yield url


@pytest.fixture(scope="module")
def namespace() -> str:
    """A DRUMBEAT_NAMESPACE no other test module has."""
    return new_namespace()


def new_namespace() -> str:
    """A DRUMBEAT_NAMESPACE nobody else has: own topics, groups and databases."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture(scope="module")
def settings(kafka: str, mongo: str, namespace: str) -> Settings:
    """Settings of a process of this test module: the real engines, its own name space."""
    return separate(kafka, mongo, namespace)


def separate(kafka: str, mongo: str, namespace: str | None = None) -> Settings:
    """Settings of a process under test: the real engines, a name space of its own."""
    return Settings(kafka=kafka, mongo=mongo, namespace=namespace or new_namespace(), partitions=4)


async def eventually(
    ask: Callable[[], Awaitable[Answer]],
    good: Callable[[Answer], object] = bool,
    *,
    seconds: float = 20.0,
) -> Answer:
    """Ask again until the answer is good; the one way a test waits.

    Raises:
        AssertionError: no good answer came in time; the last one is shown.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = await ask()
        if good(answer):
            return answer
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {seconds:g} s; the last answer was {answer!r}")
        await asyncio.sleep(POLL_SECONDS)


def _docker() -> bool:
    from deploy.local.containers import engine_answers

    return engine_answers()


@contextmanager
def _local(name: Literal["kafka", "mongo"], folders: pytest.TempPathFactory) -> Iterator[str]:
    from deploy.local.infrastructure import Infrastructure

    with Infrastructure(folders.mktemp(name), [name]) as infrastructure:
        yield infrastructure.kafka_servers if name == "kafka" else infrastructure.mongo_url
