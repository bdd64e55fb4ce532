"""What activities take from the customers service, which runs beside them here."""

import asyncio
from typing import Any

import httpx

from tests.conversation import posted
from tests.people import People
from tests.selling import customer_of


async def test_a_complaint_has_the_grade_and_territory_its_customer_has_at_that_moment(
    field: httpx.AsyncClient, customers: httpx.AsyncClient, people: People
) -> None:
    one = await customer_of(customers, people, "li", grade="C", territory="east")
    other = await customer_of(customers, people, "li", territory="west")

    async def opened(customer_id: str, **body: Any) -> tuple[str | None, str | None]:
        told = {"customer_id": customer_id, "channel": "phone", **body}
        complaint = await posted(field, "/complaints", people.as_("li"), **told)
        return complaint["customer_grade"], complaint["territory"]

    together = await asyncio.gather(*map(opened, (one, other, "nobody", one)))
    await posted(customers, f"/customers/{one}/grade", people.as_("li"), 200, version=1, grade="A", reason="grown")

    assert together == [("C", "east"), (None, "west"), (None, None), ("C", "east")]
    assert await opened(one) == ("A", "east")
    assert await opened(one, customer_grade="B") == ("B", "east")
