"""What must be known of a deal, or must have happened to it, before it comes into a stage or leaves one."""

from collections.abc import Sequence

from backbone.problems import Refused
from services.customers.domain.deal import Deal
from services.customers.domain.pipeline import Need

WORDS: dict[Need, str] = {
    "amount": "an amount above 0",
    "customer": "a customer",
    "contact": "a contact at the customer's",
    "expected-close": "an expected close",
    "lines": "its lines",
    "products": "its products",
    "quote-sent": "a quote that was sent",
    "quote-accepted": "a quote that was accepted",
    "contract-approved": "an approved contract",
    "contract-signed": "a signed contract",
}


def missing(deal: Deal, needs: Sequence[Need], *, contact_known: bool) -> list[Need]:
    """Those of the needs that do not hold.

    Args:
        deal: as it stands.
        needs: what must hold.
        contact_known: whether we know a person at the customer's.
    """
    quotes = {quote.state for quote in deal.quotes}
    contracts = {contract.state for contract in deal.contracts}
    holds: dict[Need, bool] = {
        "amount": deal.amount > 0,
        "customer": deal.customer_id is not None,
        "contact": contact_known,
        "expected-close": deal.expected_close_on is not None,
        "lines": bool(deal.lines),
        "products": bool(deal.product_ids or deal.lines),
        # What was answered or has expired was sent before.
        "quote-sent": bool(quotes - {"draft"}),
        "quote-accepted": "accepted" in quotes,
        "contract-approved": not contracts.isdisjoint({"approved", "signed"}),
        "contract-signed": "signed" in contracts,
    }
    return [need for need in needs if not holds[need]]


def check_needs(
    deal: Deal, needs: Sequence[Need], doing: str, *, contact_known: bool, field: str | None = None
) -> None:
    """Refuse a step for which something is missing.

    Args:
        deal: as it stands.
        needs: what must hold.
        doing: the step, as in "To come into stage 'proposal'".
        contact_known: whether we know a person at the customer's.
        field: where the request asked for the step.

    Raises:
        Refused: something is missing; all of it is named.
    """
    if lacking := missing(deal, needs, contact_known=contact_known):
        words = ", ".join(WORDS[need] for need in lacking)
        raise Refused("something-missing", f"{doing} the deal needs {words}.", field=field)
