"""Phone numbers in one form: the digits of E.164, with China as the country of a number that names none; pure."""

import re
import unicodedata
from typing import Final

import phonenumbers

HOME: Final = "CN"
"""ISO 3166 code of the country whose numbers need no country code."""
HOME_CODE: Final = str(phonenumbers.country_code_for_region(HOME))

_EXTENSION: Final = re.compile(r"(?:ext\.?|extension|x|转|轉|分机|#)\s*\d+\s*$")


def plain_phone(phone: str, country: str = HOME) -> str | None:
    """Digits with the country code and without an extension; None when no such number can be dialled.

    `021-5555 0000 转 12`, `(021) 55550000` and `+86 21 5555 0000` give `862155550000`.

    Args:
        phone: as people write it.
        country: ISO 3166 code for numbers without a country code.
    """
    text = _EXTENSION.sub("", unicodedata.normalize("NFKC", phone).casefold())
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
