"""Customers that outside systems tell of: taken in once by event id; nothing is emitted, for the log has it."""

from backbone.contract.customers import CustomerEvent, CustomerMerged, CustomerUnmerged
from backbone.contract.envelope import Envelope
from backbone.inbox import happened_at, said_by
from backbone.outbox import Saved
from backbone.problems import Refused
from backbone.rows import find
from backbone.saga import SagaRunner
from services.customers.desk import Desk
from services.customers.domain.customer import Customer
from services.customers.domain.merge import MERGE_TOLD, UNMERGE_TOLD
from services.customers.domain.told_customer import told_customer
from services.customers.handlers.facts import is_counted, refresh
from services.customers.handlers.taking_in import take_in


async def adopt_customer(desk: Desk, runner: SagaRunner, envelope: Envelope, said: CustomerEvent) -> None:
    """Take in what an outside system says of a customer.

    What belongs to a merged one follows, as it does when it is merged here.

    Raises:
        Refused: it went into a customer nobody heard of.
    """

    def decide(found: Saved[Customer] | None) -> Customer:
        return told_customer(None if found is None else found.state, said, happened_at(envelope), desk.now())

    into = await _goal(desk, said)
    await take_in(desk.store.customers, said.customer_id, envelope, decide)
    if not await is_counted(desk, said.customer_id):
        await refresh(desk, said.customer_id)  # visits of it may have been told before
    if into is not None:
        kind = MERGE_TOLD if isinstance(said, CustomerMerged) else UNMERGE_TOLD
        await runner.start(
            kind,
            subject=said.customer_id,
            owner_id=said.owner_id,
            team_id=said.team_id,
            said={"into_customer_id": into, "reason": said.reason},  # type: ignore[attr-defined]  # both have one
            by=said_by(envelope),
        )


async def _goal(desk: Desk, said: CustomerEvent) -> str | None:
    """The other customer of a merge or an unmerge; None where nothing has to follow.

    An event that comes again after a crash has its goal again: the saga is begun once, by the event's id.
    """
    match said:
        case CustomerMerged():
            if await find(desk.store.customers, said.into_customer_id) is None:
                raise Refused(
                    "unknown-customer",
                    f"Nobody told of customer {said.into_customer_id!r} before.",
                    field="/data/into_customer_id",
                )
            return said.into_customer_id
        case CustomerUnmerged() if await find(desk.store.customers, said.from_customer_id) is not None:
            return said.from_customer_id
        case _:
            return None
