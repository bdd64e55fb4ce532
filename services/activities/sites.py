"""Where customers are, how they are graded and when they are open: asked of the customers service, kept for a while.

Who asks while a question is under way is answered by the next one, together with all who came meanwhile. Work
goes on when that service is down: a place nobody can ask for makes a place check `unknown`.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from backbone.contract.ids import new_event_id
from backbone.grouping import Gathering
from backbone.idempotency import By
from backbone.problems import Problem, Unavailable
from backbone.siblings import Siblings
from services.activities.domain.hours import Opening
from services.activities.domain.place import Spot

ANSWER_SECONDS: Final = 30.0
MOST_ANSWERS: Final = 20_000
ASKING: Final = "service:activities"
"""Who asks: nobody in person, for one question is many a request's."""


@dataclass(frozen=True, slots=True)
class Site:
    """A customer as activities need it; `spot` is None while nobody has located it, `hours` empty while unknown."""

    customer_id: str
    spot: Spot | None = None
    grade: str | None = None
    territory: str | None = None
    hours: tuple[Opening, ...] = ()


class Sites:
    """Looks customers up.

    Args:
        siblings: to ask with.
    """

    def __init__(self, siblings: Siblings) -> None:
        self._siblings = siblings
        self._answers: dict[str, tuple[float, Site]] = {}
        self._asked: Gathering[str, Site] = Gathering(self._look_up)

    async def site(self, customer_id: str) -> Site:
        """One customer as it stood a while ago at most; one that the customers service does not know is nowhere.

        Raises:
            Unavailable: it cannot be asked now.
        """
        known = self._answers.get(customer_id)
        if known is not None and time.monotonic() - known[0] < ANSWER_SECONDS:
            return known[1]
        return await self.site_now(customer_id)

    async def site_now(self, customer_id: str) -> Site:
        """One customer as it stands.

        Raises:
            Unavailable: it cannot be asked now.
        """
        site = await self._asked.ask(customer_id)
        if len(self._answers) >= MOST_ANSWERS:
            self._answers.clear()
        self._answers[customer_id] = (time.monotonic(), site)
        return site

    async def sites(self, customer_ids: Iterable[str]) -> Mapping[str, Site | None]:
        """Several customers by id; None for one that cannot be asked for now."""

        async def ask(customer_id: str) -> Site | None:
            try:
                return await self.site(customer_id)
            except Unavailable:
                return None

        wanted = sorted(set(customer_ids))
        return dict(zip(wanted, await asyncio.gather(*map(ask, wanted)), strict=True))

    async def _look_up(self, customer_ids: Sequence[str]) -> list[Site]:
        wanted = {"customer_ids": list(dict.fromkeys(customer_ids))}
        try:
            answer = await self._siblings.ask("customers", "/customers/lookup", wanted, by=By(ASKING, new_event_id()))
        except Unavailable:
            raise
        except Problem as refused:
            raise Unavailable("customers-away", f"The customers service says: {refused.detail}") from refused
        known = {customer["customer_id"]: read_site(customer) for customer in answer["customers"]}
        return [known.get(customer_id) or Site(customer_id) for customer_id in customer_ids]


def read_site(customer: Mapping[str, Any]) -> Site:
    """A site from what the customers service tells: `{customer_id, grade, territory, place, opening_hours}`."""
    place = customer["place"] or {}
    lat, lon = place.get("lat"), place.get("lon")
    return Site(
        customer_id=customer["customer_id"],
        spot=None if lat is None or lon is None else Spot(lat, lon),
        grade=customer["grade"],
        territory=customer["territory"],
        hours=tuple(
            Opening(weekday=hours["weekday"], opens=hours["opens"], closes=hours["closes"])
            for hours in customer["opening_hours"]
        ),
    )
