"""Deals that outside systems tell of: taken in once by event id, in the order of their sequences."""

from backbone.contract.envelope import Envelope
from backbone.contract.papers import ContractSigned
from backbone.inbox import happened_at, said_by
from backbone.outbox import Saved
from backbone.problems import Refused
from services.customers.desk import Desk
from services.customers.domain.adopted import Told, told_deal
from services.customers.domain.deal import Deal
from services.customers.handlers.facts import take_deal
from services.customers.handlers.numbers import take_number
from services.customers.handlers.taking_in import take_in


async def adopt_deal(desk: Desk, envelope: Envelope, said: Told) -> None:
    """Take in what an outside system says of a deal, and count it for its customer.

    Those who count by what is on the log may have looked at the deal before it was here.

    Raises:
        Refused: it tells of a quote or contract of a deal nobody heard of.
    """

    def decide(found: Saved[Deal] | None) -> Deal:
        late = found is not None and envelope.sequence is not None and envelope.sequence < found.version
        by = said_by(envelope).actor
        return told_deal(
            None if found is None else found.state, said, happened_at(envelope), desk.now(), late=late, by=by
        )

    await take_in(desk.store.deals, said.deal_id, envelope, decide)
    deal = (await desk.store.deals.get(said.deal_id)).state
    await take_deal(desk, said.deal_id, (deal.customer_id, *deal.customers_before))
    if isinstance(said, ContractSigned):
        await _keep_number(desk, said)


async def _keep_number(desk: Desk, said: ContractSigned) -> None:
    try:
        await take_number(desk, said.contract_number or said.contract_id, said.deal_id)
    except Refused:
        return  # another contract has it: payments that name the number alone are that one's
