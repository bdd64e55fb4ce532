"""Where customers are, how they are graded and when they are open: asked of the customers service, kept for a while.

Work goes on when it is down: a place nobody can ask for makes a place check `unknown`.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from backbone.idempotency import By
from backbone.problems import NotFound, Problem, Unavailable
from backbone.siblings import Siblings, path_to
from services.activities.domain.hours import Opening
from services.activities.domain.place import Spot

ANSWER_SECONDS: Final = 30.0
MOST_ANSWERS: Final = 20_000
TOGETHER: Final = 8
"""Customers asked for at the same time."""


@dataclass(frozen=True, slots=True)
class Site:
    """A customer as a visitor needs it; `spot` is None while nobody has located it, `hours` empty while unknown."""

    customer_id: str
    spot: Spot | None = None
    grade: str | None = None
    hours: tuple[Opening, ...] = ()


class Sites:
    """Looks customers up.

    Args:
        siblings: to ask with.
    """

    def __init__(self, siblings: Siblings) -> None:
        self._siblings = siblings
        self._answers: dict[str, tuple[float, Site]] = {}

    async def site(self, customer_id: str, by: By) -> Site:
        """One customer; one that the customers service does not know is nowhere.

        Raises:
            Unavailable: it cannot be asked now.
        """
        known = self._answers.get(customer_id)
        if known is not None and time.monotonic() - known[0] < ANSWER_SECONDS:
            return known[1]
        try:
            site = read_site(await self._siblings.get("customers", path_to("customers", customer_id), by=by))
        except NotFound:
            site = Site(customer_id)
        except Unavailable:
            raise
        except Problem as refused:
            raise Unavailable("customers-away", f"The customers service says: {refused.detail}") from refused
        if len(self._answers) >= MOST_ANSWERS:
            self._answers.clear()
        self._answers[customer_id] = (time.monotonic(), site)
        return site

    async def sites(self, customer_ids: Iterable[str], by: By) -> Mapping[str, Site | None]:
        """Several customers by id; None for one that cannot be asked for now."""
        room = asyncio.Semaphore(TOGETHER)

        async def ask(customer_id: str) -> Site | None:
            async with room:
                try:
                    return await self.site(customer_id, by)
                except Unavailable:
                    return None

        wanted = sorted(set(customer_ids))
        return dict(zip(wanted, await asyncio.gather(*map(ask, wanted)), strict=True))


def read_site(customer: Mapping[str, Any]) -> Site:
    """A site from a customer as the customers service shows it: `{customer_id, grade, place, opening_hours}`."""
    place = customer.get("place") or {}
    lat, lon = place.get("lat"), place.get("lon")
    return Site(
        customer_id=customer["customer_id"],
        spot=None if lat is None or lon is None else Spot(lat, lon),
        grade=customer.get("grade"),
        hours=tuple(
            Opening(weekday=hours["weekday"], opens=hours["opens"], closes=hours["closes"])
            for hours in customer.get("opening_hours") or ()
        ),
    )
