"""Whether two records mean the same firm or person: keys to find candidates by, and a score with reasons; pure.

Names, phones, mail addresses and tax ids are compared in their plain forms; equal plain forms are found by
`keys_of` (one indexed array), and `compare` says how sure a match is and why.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Final, Literal, TypeVar

from backbone.matching.mails import mail_domain, plain_mail
from backbone.matching.names import core_name, plain_name
from backbone.matching.phones import HOME, plain_phone
from backbone.matching.tax_ids import plain_tax_id

Reason = Literal["same-tax-id", "same-phone", "same-mail", "same-name", "similar-name", "same-mail-domain"]

S = TypeVar("S", bound=str)

WEIGHTS: Final[dict[Reason, float]] = {
    "same-tax-id": 1.0,
    "same-phone": 0.9,
    "same-mail": 0.95,
    "same-name": 0.95,
    "same-mail-domain": 0.5,
}
"""How sure one agreement makes us, 0 to 1; that of a similar name is its likeness times `SIMILAR_WEIGHT`."""
SIMILAR_WEIGHT: Final = 0.8
LEAST_LIKENESS: Final = 0.6
"""Names less alike than this are different names."""
EXACT: Final[frozenset[Reason]] = frozenset(("same-tax-id", "same-phone", "same-mail", "same-name"))
OTHER_TAX_ID_MOST: Final = 0.4
"""Two tax ids mean two legal persons, however alike the rest is (a group and its subsidiary)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a record is recognised by, all in plain form."""

    name: str = ""
    phones: frozenset[str] = frozenset()
    mails: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    tax_id: str | None = None


def marks_of(
    *,
    name: str | None = None,
    phones: Iterable[str | None] = (),
    mails: Iterable[str | None] = (),
    tax_id: str | None = None,
    country: str = HOME,
) -> Marks:
    """The plain forms of a record's values; None and what cannot be used is left out.

    Args:
        name: of the firm (of the person, where there is no firm).
        phones: as people write them.
        mails: the same.
        tax_id: the same.
        country: of phones without a country code.
    """
    known = [mail for mail in mails if mail]
    return Marks(
        name=plain_name(name or ""),
        phones=frozenset(digits for phone in phones if phone and (digits := plain_phone(phone, country))),
        mails=frozenset(address for mail in known if (address := plain_mail(mail))),
        domains=frozenset(domain for mail in known if (domain := mail_domain(mail))),
        tax_id=plain_tax_id(tax_id) if tax_id else None,
    )


def keys_of(marks: Marks) -> tuple[str, ...]:
    """What to store and to look up: two records that may be the same share one of these keys, sorted.

    `n:` name, `c:` the beginning of the name without its region, `p:` phone, `m:` mail, `d:` mail domain, `t:` tax id.
    """
    core = core_name(marks.name)
    keys = {
        *(f"n:{name}" for name in (marks.name,) if name),
        *(f"c:{core[: _block(core)]}" for name in (marks.name,) if name),
        *(f"p:{phone}" for phone in marks.phones),
        *(f"m:{mail}" for mail in marks.mails),
        *(f"d:{domain}" for domain in marks.domains),
        *(f"t:{tax_id}" for tax_id in (marks.tax_id,) if tax_id),
    }
    return tuple(sorted(keys))


def _block(name: str) -> int:
    """How many letters of a name candidates share: two Chinese characters say as much as five Latin letters."""
    return 5 if name.isascii() else 2


@dataclass(frozen=True, slots=True)
class Match:
    """How sure it is that two records are the same (`score`, 0 to 1), and why, the strongest reason first.

    `exact` means that they agree in a mark that only one firm or person has, and disagree in no tax id.
    """

    score: float
    exact: bool
    reasons: tuple[Reason, ...]


def compare(one: Marks, other: Marks) -> Match | None:
    """How sure it is that two records are the same; None when nothing says so.

    Two different tax ids bound the score by `OTHER_TAX_ID_MOST`.
    """
    sure: dict[Reason, float] = {}
    agreeing: tuple[tuple[Reason, bool], ...] = (
        ("same-tax-id", one.tax_id is not None and one.tax_id == other.tax_id),
        ("same-phone", bool(one.phones & other.phones)),
        ("same-mail", bool(one.mails & other.mails)),
        ("same-name", bool(one.name) and one.name == other.name),
        ("same-mail-domain", bool(one.domains & other.domains) and not one.mails & other.mails),
    )
    for reason, agrees in agreeing:
        if agrees:
            sure[reason] = WEIGHTS[reason]
    if "same-name" not in sure and (alike := likeness(one.name, other.name)) >= LEAST_LIKENESS:
        sure["similar-name"] = alike * SIMILAR_WEIGHT
    if not sure:
        return None
    differ = one.tax_id is not None and other.tax_id is not None and one.tax_id != other.tax_id
    score, reasons = together(sure)
    return Match(min(score, OTHER_TAX_ID_MOST) if differ else score, not differ and not EXACT.isdisjoint(sure), reasons)


def together(sure: Mapping[S, float]) -> tuple[float, tuple[S, ...]]:
    """What several agreements say together, 0 to 1 in thousandths, and they, the strongest first.

    They are taken as independent: the doubt that stays is the product of each one's doubt.

    Args:
        sure: how sure each of them makes us, 0 to 1.
    """
    reasons = tuple(sorted(sure, key=lambda reason: (-sure[reason], reason)))
    return round(1 - prod(1 - sure[reason] for reason in reasons), 3), reasons


def likeness(one: str, other: str) -> float:
    """How alike two plain names are, 0 to 1: the share of letter pairs they have in common (Dice's coefficient).

    A region that only one of them names takes a little off.
    """
    return max(_dice(one, other), 0.95 * _dice(core_name(one), core_name(other)))


def grams(text: str, size: int = 2) -> list[str]:
    """Every run of `size` letters in a plain word, in its order; the word itself when it is shorter."""
    return [text[place : place + size] for place in range(len(text) - size + 1)] or ([text] if text else [])


def _dice(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    pairs, others = Counter(grams(one)), Counter(grams(other))
    return 2 * (pairs & others).total() / (pairs.total() + others.total())
