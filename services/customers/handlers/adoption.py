"""Deals that outside systems tell of: taken in once by event id, in the order of their sequences."""

from backbone.contract.deals import ContractSigned
from backbone.contract.envelope import Envelope
from backbone.inbox import happened_at, said_by
from backbone.outbox import Saved
from backbone.problems import Conflict, NotFound, Refused
from services.customers.desk import Desk
from services.customers.domain.adopted import Told, told_deal
from services.customers.domain.deal import Deal
from services.customers.handlers.numbers import take_number


async def adopt_deal(desk: Desk, envelope: Envelope, said: Told) -> None:
    """Take in what an outside system says of a deal; nothing is emitted, for the log has it.

    A deal's version is no lower than the sequences told of it, so what is said of it here comes after.

    Raises:
        Refused: it tells of a quote or contract of a deal nobody heard of.
    """
    rows = desk.store.deals
    by = said_by(envelope)
    at = happened_at(envelope)
    sequence = envelope.sequence or 0
    while True:
        found = await _found(desk, said.deal_id)
        if found is not None and rows.replay(found, by) is not None:
            break
        late = found is not None and envelope.sequence is not None and envelope.sequence < found.version
        before = None if found is None else found.state
        state = told_deal(before, said, at, desk.now(), late=late, by=by.actor)
        try:
            if found is None:
                await rows.create(said.deal_id, state, [], at=at, by=by, at_least=sequence)
            elif state != before or sequence > found.version:
                await rows.change(found, state, [], at=at, by=by, at_least=sequence)
        except Conflict:
            continue  # somebody was faster: decide again on what he left
        break
    if isinstance(said, ContractSigned):
        await _keep_number(desk, said)


async def _found(desk: Desk, deal_id: str) -> Saved[Deal] | None:
    try:
        return await desk.store.deals.get(deal_id)
    except NotFound:
        return None


async def _keep_number(desk: Desk, said: ContractSigned) -> None:
    try:
        await take_number(desk, said.contract_number or said.contract_id, said.deal_id)
    except Refused:
        return  # another contract has it: payments that name the number alone are that one's
