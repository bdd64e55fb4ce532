"""Phone numbers in one form: E.164, with China as the country of a number that names none."""

import re
from typing import Final

import phonenumbers

HOME: Final = "CN"
"""ISO 3166 code of the country whose numbers need no country code."""

_EXTENSION: Final = re.compile(r"(?:转|轉|ext\.?|x|#)\s*\d+\s*$", re.IGNORECASE)


def normal_phone(phone: str, country: str = HOME) -> str | None:
    """A phone number as `+8613800138000`; None when no such number can be dialled.

    Full-width digits, blanks, dashes and brackets do not matter; an extension is left out.

    Args:
        phone: as people write it.
        country: ISO 3166 code for numbers without a country code.
    """
    try:
        number = phonenumbers.parse(_EXTENSION.sub("", phone), country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
