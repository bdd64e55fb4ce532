"""What tests of field work ask and read."""

from datetime import UTC, datetime, timedelta

from backbone.testing import eventually
from tests.listening import Heard

NOW = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = NOW - timedelta(days=1)


async def told_of(log: Heard, subject: str, count: int) -> list[type]:
    """Kinds of the events of a subject, each once: two relays at work may publish one twice under its id."""

    async def ask() -> dict[str, type]:
        return {one.id: type(one.data) for one in log if one.subject == subject}

    return list((await eventually(ask, lambda found: len(found) >= count)).values())
