"""SecantusDB: the MongoDB wire protocol over WiredTiger, as a process of its own.

It is a beta under the GPL: run, never imported, for development and tests. Production uses a MongoDB
replica set (`DRUMBEAT_MONGO`).
"""

import sys
from pathlib import Path
from typing import Final

from backbone.settings import HOST, embedded_store_url
from deploy.local.engine import Engine
from deploy.local.errors import room_in
from deploy.local.health import store_answers
from deploy.local.home import Home

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
        answers=lambda: store_answers(embedded_store_url(port)),
    )
