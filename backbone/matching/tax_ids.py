"""Tax ids in one form, and the check of the unified social credit code (统一社会信用代码), GB 32100-2015; pure."""

import re
import unicodedata
from typing import Final

CHARACTERS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The code's alphabet (GB 32100-2015, table 1): no I, O, S, V, Z."""
LENGTH: Final = 18

_NO_WORD: Final = re.compile(r"[\W_]+")
_LEAST: Final = 6


def plain_tax_id(tax_id: str) -> str | None:
    """A tax id in capitals without signs; None for a placeholder such as `0000` or `N/A`."""
    text = _NO_WORD.sub("", unicodedata.normalize("NFKC", tax_id).upper())
    return text if len(text) >= _LEAST and len(set(text)) > 1 else None


def check_character(first: str) -> str:
    """The eighteenth character for the first seventeen (GB 32100-2015, 4.2.5: weights 3^(i-1) mod 31).

    Raises:
        ValueError: there are not seventeen, or one is not of the alphabet.
    """
    if len(first) != LENGTH - 1:
        raise ValueError("the check is made over 17 characters")
    total = sum(CHARACTERS.index(character) * pow(3, place, 31) for place, character in enumerate(first))
    return CHARACTERS[-total % 31]
