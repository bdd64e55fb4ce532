"""Where people are known."""

from backbone.callers import Caller
from backbone.matching import plain_mail, plain_phone
from services.customers.domain.finding import contact_mark
from services.customers.store import Store


async def holders(
    store: Store, caller: Caller, *, contact_id: str | None, phone: str | None, mail: str | None
) -> list[tuple[str, list[str]]]:
    """The customers in the caller's row scope that know a person, each with his contact ids there.

    A person is who has the contact id, or the phone or mail address in any spelling.
    """
    digits = plain_phone(phone) if phone else None
    address = plain_mail(mail) if mail else None
    found: dict[str, list[str]] = {}
    for mark in (
        contact_mark(contact_id) if contact_id else None,
        f"p:{digits}" if digits else None,
        f"m:{address}" if address else None,
    ):
        if mark is None:
            continue
        async for document in store.customers.collection.find({"marks": mark}):
            state = store.customers.read(document).state
            if not caller.may_see(state.owner_id, state.team_id, state.group_ids):
                continue
            found[state.customer_id] = [
                contact.contact_id
                for contact in state.contacts
                if contact.contact_id == contact_id
                or (digits is not None and contact.phone is not None and plain_phone(contact.phone) == digits)
                or (address is not None and contact.mail is not None and plain_mail(contact.mail) == address)
            ]
    return list(found.items())
