"""The keys of a lead: short texts that are equal where two leads have something in common.

A key is `<kind>|<value>`. The keys of a document stand in it, indexed, so that whoever shares one
is found without a walk. Values of the kinds `phone` and `mail` are personal data.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from backbone.matching import mail_domain, plain_mail, plain_name, plain_phone
from services.leads.domain.identity.names import spelt_name, stem_of

ExactKind = Literal["tax-id", "company-name", "phone", "mail"]
EXACT_KINDS: Final[tuple[ExactKind, ...]] = get_args(ExactKind)
"""What can make a lead the same as another; which of them do is the organisation's policy."""

FIELD_OF: Final = {
    "tax-id": "/tax_id",
    "company-name": "/company_name",
    "phone": "/contact/phone",
    "mail": "/contact/mail",
}
"""Where a request names what a key was made of."""

WORDS_OF: Final = {
    "tax-id": "tax id",
    "company-name": "company name",
    "phone": "phone number",
    "mail": "mail address",
}

HEAD_LETTERS: Final = 8
COMMON: Final = frozenset({"head", "domain"})
"""Kinds that many leads may share."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a lead others are recognised by; phones and mails of all its contacts."""

    company_name: str | None = None
    tax_id: str | None = None
    phones: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()


def keys_of(traits: Traits) -> tuple[str, ...]:
    """All keys, the exact kinds first, each once."""
    exact = [
        _key("tax-id", traits.tax_id),
        _key("company-name", plain_name(traits.company_name or "")),
        *(_key("phone", plain_phone(phone)) for phone in traits.phones),
        *(_key("mail", plain_mail(mail)) for mail in traits.mails),
    ]
    spelt, stem = spelt_name(traits.company_name or ""), stem_of(traits.company_name or "")
    likely = [
        _key("spelt", spelt),
        _key("stem", stem),
        _key("head", stem[:HEAD_LETTERS]),
        *(_key("domain", mail_domain(mail)) for mail in traits.mails),
    ]
    return tuple(dict.fromkeys(key for key in (*exact, *likely) if key is not None))


def kind_of(key: str) -> str:
    """The part before the bar."""
    return key.partition("|")[0]


def of_kinds(keys: Iterable[str], kinds: Iterable[str]) -> tuple[str, ...]:
    """Those of these kinds, in their order."""
    wanted = frozenset(kinds)
    return tuple(key for key in keys if kind_of(key) in wanted)


def _key(kind: str, value: str | None) -> str | None:
    return f"{kind}|{value}" if value else None
