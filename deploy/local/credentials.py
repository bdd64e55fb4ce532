"""The first admin key of a local stack: made once, shown to nobody, readable by the owner only."""

import json
import os

from deploy.local.errors import NotUsable, room_in
from deploy.local.home import Home


def admin_key(home: Home, gateway: str) -> str:
    """The key in `credentials.json`, made when there is none; the gateway's address is renewed.

    Raises:
        NotUsable: the file is there and broken.
        NoRoom: the disk is full.
    """
    from backbone.callers import new_key

    key = _stored(home) or new_key()
    with room_in(home.root):
        aside = home.credentials.with_suffix(".new")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"admin_key": key, "gateway": gateway}, file, indent=2)
        aside.replace(home.credentials)
    return key


def _stored(home: Home) -> str | None:
    if not home.credentials.exists():
        return None
    try:
        key: str = json.loads(home.credentials.read_text())["admin_key"]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise NotUsable(
            f"{home.credentials} is broken ({fault}): put the admin key back as "
            '{"admin_key": "..."}, or delete the file to get a new key at the next start.'
        ) from fault
    return key
