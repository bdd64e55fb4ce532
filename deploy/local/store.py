"""SecantusDB: the MongoDB wire protocol over WiredTiger, as a process of its own.

It is a beta under the GPL: run, never imported, for development and tests. Production uses a MongoDB
replica set (`DRUMBEAT_MONGO`).
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from backbone.settings import HOST, Settings
from deploy.local.engine import Engine
from deploy.local.errors import room_in
from deploy.local.home import Home
from deploy.local.ports import answers

CACHE: Final = "256M"


def document_store(home: Home, port: int) -> Engine:
    """A store whose data lives in `home`, not started.

    Raises:
        NoRoom: the disk is full.
    """
    settings = home.run / "store.toml"
    with room_in(home.root):
        # Empty on purpose: naming a file keeps the store from looking for one in other folders.
        settings.write_text("")
    return Engine(
        name="mongo",
        port=port,
        command=(
            str(Path(sys.executable).with_name("secantusd-py")),
            "--config",
            str(settings),
            "--host",
            HOST,
            "--port",
            str(port),
            "--storage-path",
            str(home.data / "mongo"),
            "--cache-size",
            CACHE,
            # Without it kill -9 loses writes the store has acknowledged.
            "--sync-on-commit",
            "--log-level",
            "WARNING",
        ),
        answers=lambda: store_answers(port),
    )


def store_answers(port: int, seconds: float = 2.0) -> bool:
    """Whether a store on this port answers a ping."""
    return answers(port, seconds) and asyncio.run(_pinged(f"mongodb://{HOST}:{port}", seconds))


async def _pinged(url: str, seconds: float) -> bool:
    from backbone.mongo import PyMongoError, connect, ping

    client = connect(Settings(mongo=url))
    try:
        await asyncio.wait_for(ping(client), seconds)
    except (PyMongoError, TimeoutError):
        return False
    finally:
        client.close()
    return True
