"""Whether a process really answers, asked in a second or two and without a log line."""

import asyncio
import http.client
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Final

from backbone.settings import HOST, Settings

METADATA_KEY: Final = 3
METADATA_VERSION: Final = 1
ANSWER_SECONDS: Final = 2.0


def broker_answers(address: str) -> bool:
    """Whether the broker at `host:port` takes requests and counts itself as alive.

    Asks for the cluster's metadata (request key 3, version 1, no topics) by hand: a client library
    would try for many seconds and log every attempt, and an open port alone is too early, because
    a broker that is still fenced refuses to create topics.
    """
    host, _, port = address.rpartition(":")
    request = struct.pack(">hhihi", METADATA_KEY, METADATA_VERSION, 1, -1, 0)
    try:
        with socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection.makefile("rb") as answer:
                correlation: int
                brokers: int
                _size, correlation, brokers = struct.unpack(">iii", answer.read(12))
    except (OSError, ValueError, struct.error):
        return False
    return correlation == 1 and brokers > 0


def store_answers(url: str) -> bool:
    """Whether the store at a MongoDB address answers a ping."""
    # In a thread of its own: whoever asks may have an event loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(_pinged(url))).result()


async def _pinged(url: str) -> bool:
    from backbone.mongo import PyMongoError, connect, ping

    client = connect(Settings(mongo=url))
    try:
        await asyncio.wait_for(ping(client), ANSWER_SECONDS)
    except (PyMongoError, TimeoutError):
        return False
    finally:
        client.close()
    return True


def service_ready(port: int) -> bool:
    """Whether a service of ours says it is ready (`/health/ready` answers 200)."""
    connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
