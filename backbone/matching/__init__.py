"""Plain forms of names, phones, mail addresses and tax ids, in which spelling no longer matters, and their comparison.

Leads and customers are told apart, searched and forgotten by these forms: one way to write them, for both.
"""

from backbone.matching.mails import OPEN_DOMAINS, mail_domain, plain_mail
from backbone.matching.marks import OTHER_TAX_ID_MOST, Marks, Match, compare, grams, keys_of, likeness, marks_of
from backbone.matching.names import core_name, plain, plain_name
from backbone.matching.phones import HOME, HOME_CODE, plain_phone
from backbone.matching.tax_ids import CHARACTERS, LENGTH, check_character, plain_tax_id

__all__ = [
    "CHARACTERS",
    "HOME",
    "HOME_CODE",
    "LENGTH",
    "OPEN_DOMAINS",
    "OTHER_TAX_ID_MOST",
    "Marks",
    "Match",
    "check_character",
    "compare",
    "core_name",
    "grams",
    "keys_of",
    "likeness",
    "mail_domain",
    "marks_of",
    "plain",
    "plain_mail",
    "plain_name",
    "plain_phone",
    "plain_tax_id",
]
