"""The unified social credit code (统一社会信用代码), GB 32100-2015: 18 characters, the last one checks the others."""

import unicodedata

from backbone.matching import CHARACTERS, LENGTH, check_character
from backbone.problems import Refused


def normal_tax_id(tax_id: str, *, field: str = "/tax_id") -> str:
    """A code in capitals and half width, without blanks and dashes.

    Args:
        tax_id: as people write it.
        field: where the request named it.

    Raises:
        Refused: it is none: another length, a strange character, or the check does not hold.
    """
    written = unicodedata.normalize("NFKC", tax_id).upper()
    code = "".join(character for character in written if not character.isspace() and character != "-")
    if len(code) != LENGTH or any(character not in CHARACTERS for character in code):
        raise Refused(
            "bad-tax-id", "A unified social credit code has 18 digits and letters, none of I, O, S, V, Z.", field=field
        )
    if check_character(code[:-1]) != code[-1]:
        raise Refused(
            "bad-tax-id", "The last character does not fit the others (GB 32100-2015); look for a typo.", field=field
        )
    return code
