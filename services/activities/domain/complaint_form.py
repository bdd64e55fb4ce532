"""A web form for complaints: a token that an organisation's own page sends a customer's words with, without a login."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from backbone.audit import secret
from backbone.problems import Refused


class TooOften(Refused):
    """More came by a form than it may take within an hour."""

    status = 429
    title = "Too many requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintForm:
    """A form; its token is kept as a hash. What comes by it bears its channel and product.

    `most_an_hour` bounds what a stranger who has read the page's source can do.
    """

    complaint_form_id: str
    label: str
    channel: str
    product_id: str | None = None
    territory: str | None = None
    most_an_hour: int
    token_hash: str = field(metadata=secret)
    active: bool = True
    created_at: datetime


def check_open(form: ComplaintForm, lately: int) -> None:
    """Refuse what a form takes no more.

    Args:
        form: the form.
        lately: complaints that came by it within the last hour.

    Raises:
        TooOften: it takes no more within this hour.
    """
    if lately >= form.most_an_hour:
        raise TooOften("too-many", "This form has taken all it may within an hour; try again later, or call us.")


def withdraw_form(form: ComplaintForm) -> ComplaintForm:
    """Let a form take nothing more; a second time changes nothing."""
    return replace(form, active=False)
