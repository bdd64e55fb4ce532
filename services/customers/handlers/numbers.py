"""Contract numbers: one number, one contract, in the whole organisation; and the deal a number leads to.

A number is taken before the contract is written. One whose contract was never written (the process
died in between) is free again after a while: until then it may still be on its way.
"""

from datetime import datetime, timedelta
from typing import Final

from backbone.mongo import insert_new
from backbone.problems import Refused
from backbone.rows import find
from services.customers.desk import Desk

ON_ITS_WAY: Final = timedelta(seconds=60)
"""A request takes no longer than this."""


async def take_number(desk: Desk, number: str, deal_id: str) -> None:
    """Take a number for a contract of a deal.

    Raises:
        Refused: another deal has it.
    """
    numbers = desk.store.numbers
    now = desk.now()
    if not await insert_new(numbers, [{"_id": number, "deal_id": deal_id, "at": now}]):
        return
    held = await numbers.find_one({"_id": number})
    if held is None:
        raise _taken(number)
    if held["deal_id"] == deal_id:
        return  # whether the deal has such a contract already is for its own rules to say
    if held["at"] > now - ON_ITS_WAY or await _written(desk, number, held["deal_id"]):
        raise _taken(number)
    same: dict[str, str | datetime] = {"_id": number, "deal_id": held["deal_id"], "at": held["at"]}
    freed = await numbers.update_one(same, {"$set": {"deal_id": deal_id, "at": now}})
    if not freed.modified_count:
        raise _taken(number)


async def deal_of_number(desk: Desk, number: str) -> str | None:
    """The deal whose contract has this number; None when there is none."""
    held = await desk.store.numbers.find_one({"_id": number})
    if held is None or not await _written(desk, number, held["deal_id"]):
        return None
    return str(held["deal_id"])


async def _written(desk: Desk, number: str, deal_id: str) -> bool:
    found = await find(desk.store.deals, deal_id)
    return found is not None and any(contract.number == number for contract in found.state.contracts)


def _taken(number: str) -> Refused:
    return Refused("number-taken", f"There is a contract {number!r} already; take another number.", field="/number")
