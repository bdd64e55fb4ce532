"""What a customer is found by: keys that stand beside it in the store, made anew with every change; pure.

No text index is needed: a name stands there from each of its words on, a Chinese one from each of its letters (cut
at `LONGEST`), so that what somebody types is the beginning of one of them wherever in the name it stands, and one
range of an ordinary index finds it. Personal data in the keys go when the person goes.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate
from typing import Any, Final

from pypinyin import lazy_pinyin

from backbone.matching import (
    HOME_CODE,
    Marks,
    keys_of,
    marks_of,
    plain,
    plain_mail,
    plain_name,
    plain_phone,
    plain_tax_id,
)
from services.customers.domain.contact import Contact
from services.customers.domain.customer import Customer

LONGEST: Final = 16
"""Letters of a key; a longer question is found by its first so many and compared as a whole afterwards."""
SHORTEST: Final = 2
MOST_WORDS: Final = 1_500
"""Keys of one customer; those of a hundred contacts fit in."""
_JOINT: Final = re.compile(r"[._-]")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
LAST_DIGITS: Final = (8, 7, 6, 4)
"""How many last digits of a phone people remember; each key costs a write about 3 % more."""


def beside(customer: Customer) -> dict[str, Any]:
    """What stands beside a customer's state: `words` to search by, and `marks`.

    Marks are those of duplicates (`backbone.matching.keys_of`), `i:` contact ids and `b:` days to remember:
    one array, for each index is paid for by every write. A customer that went into another one is not
    found any more.
    """
    if customer.merged_into is not None:
        return {"words": [], "marks": []}
    ids = (contact_mark(contact.contact_id) for contact in customer.contacts)
    days = (day_key(day) for day in days_of(customer))
    return {
        "words": sorted(keys(customer))[:MOST_WORDS],
        "marks": sorted({*keys_of(marks(customer)), *ids, *days}),
    }


def contact_mark(contact_id: str) -> str:
    """The mark by which the customer of a contact is found."""
    return f"i:{contact_id}"


def marks(customer: Customer) -> Marks:
    """What a customer is recognised by: its own values and those of its contacts."""
    return marks_of(
        name=customer.name,
        phones=[customer.phone, *(contact.phone for contact in customer.contacts)],
        mails=[customer.mail, *(contact.mail for contact in customer.contacts)],
        tax_id=customer.tax_id,
    )


def legal_marks(customer: Customer) -> Sequence[str]:
    """The marks no two firms share: that of the tax id."""
    return keys_of(marks_of(tax_id=customer.tax_id))


def words_of(customer: Customer) -> set[str]:
    """Every word one may look for, in plain form: names, phones, mail addresses, the tax id."""
    return own_words(customer).union(*(contact_words(contact) for contact in customer.contacts))


def own_words(customer: Customer) -> set[str]:
    """The words of the customer itself, without its people."""
    tax_id = (plain_tax_id(customer.tax_id) or "").lower() if customer.tax_id else ""
    named = {plain_name(customer.name), *sounds(customer.name)}
    return {*named, *reached(customer.phone, customer.mail), tax_id} - {""}


def contact_words(contact: Contact) -> set[str]:
    """The words of one person."""
    return {_person(contact), *sounds(contact.name), *reached(contact.phone, contact.mail)} - {""}


def sounds(name: str) -> set[str]:
    """How a Chinese name is typed without Chinese letters: its pinyin, and the initials of it; none for another name.

    `华信` is found by `huaxin` and by `hx`.
    """
    whole = plain_name(name)
    if whole.isascii():
        return set()
    syllables = [plain(syllable).replace(" ", "") for syllable in lazy_pinyin(whole)]
    return {"".join(syllables), "".join(syllable[:1] for syllable in syllables)}


def reached(phone: str | None, mail: str | None) -> set[str]:
    """The digits of a phone with its country, a whole mail address."""
    return {(plain_phone(phone) or "") if phone else "", (plain_mail(mail) or "") if mail else ""} - {""}


def keys(customer: Customer) -> set[str]:
    """What stands in the index.

    A name from each of its words on (`_beginnings`); the usual parts of a phone and of a mail address; of a
    tax id and of how a name sounds, the beginning only.
    """
    names = {plain_name(customer.name): customer.name}
    names |= {_person(contact): contact.name for contact in customer.contacts}
    parts: set[str] = set()
    for word in words_of(customer):
        parts.update(_beginnings(names[word], word) if word in names else _parts(word))
    return {part[:LONGEST] for part in parts if len(part) >= SHORTEST}


def _person(contact: Contact) -> str:
    return "".join(plain(contact.name).split())


def _beginnings(name: str, whole: str) -> Iterable[str]:
    """A name in plain form from each place on where a word of it begins.

    Words are parted by blanks, signs and humps (`HuaxinTech`); where a letter is no part of a word, as in Chinese,
    one begins with each. From every letter of a Latin name on would be some 25 keys instead of 3, and a write pays
    for each.

    Args:
        name: as it is written.
        whole: the same in plain form.
    """
    words = plain(_HUMP.sub(" ", name)).split()
    begun = {0, *accumulate(map(len, words))}
    return (
        whole[place:]
        for place in range(len(whole))
        if place in begun or not (_within_word(whole[place]) and _within_word(whole[place - 1]))
    )


def _within_word(sign: str) -> bool:
    return sign.isdigit() or sign.upper() != sign.lower()


def _parts(word: str) -> Iterable[str]:
    if "@" in word:
        local, _, domain = word.partition("@")
        return (word, domain, *(word[found.end() :] for found in _JOINT.finditer(local)))
    if word.isdigit():
        return (word, word.removeprefix(HOME_CODE), *(word[-last:] for last in LAST_DIGITS))
    return (word,)


def asked(text: str) -> list[str]:
    """The words of a question in plain form, the longest first: it is the one that narrows most."""
    bare = text.strip()
    if "@" in bare:
        return ["".join(bare.casefold().split())]
    digits = "".join(sign for sign in plain(bare) if not sign.isspace())
    if digits.isdigit():
        # A phone is stored with its country; a trunk 0 in front of it is not.
        return [digits.removeprefix("00").removeprefix("0") or digits]
    words = {plain_name(bare)} if not bare.isascii() else _without_legal_form(plain(bare).split())
    return sorted(words - {""}, key=lambda word: (-len(word), word))


def _without_legal_form(words: list[str]) -> set[str]:
    whole = plain_name(" ".join(words))
    return {word for word in words if word in whole}


def range_of(word: str) -> tuple[str, str]:
    """The keys that begin with a word: from the first one on, to below the second."""
    first = word[:LONGEST]
    return first, first + "\U0010ffff"


def holds(words: Iterable[str], question: Iterable[str]) -> bool:
    """Whether each word of a question stands in one of these words."""
    known = list(words)
    return all(any(word in one for one in known) for word in question)


def days_of(customer: Customer) -> list[date]:
    """The days a customer's people and the customer itself have a feast on."""
    own = [customer.founded_on] if customer.founded_on else []
    return [*own, *(contact.birthday for contact in customer.contacts if contact.birthday)]


def day_key(day: date) -> str:
    """`b:MM-DD`; who was born on 29 February keeps it on the 28th in a common year, so both are one mark."""
    return "b:02-28" if (day.month, day.day) == (2, 29) else f"b:{day.month:02}-{day.day:02}"
