"""Reading what others tell of a customer."""

import msgspec

from backbone.mongo import Document
from services.customers.domain.query import Facts


def read_facts(document: Document) -> Facts:
    """The facts in a customer's document; none when nobody has told anything."""
    return msgspec.convert(document.get("facts", {}), Facts)
