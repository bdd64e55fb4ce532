"""Money: integer minor units inside, major units where a person reads.

Digits by ISO 4217; a currency that is not listed has two.
"""

from typing import Final

_NO_DIGITS: Final = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DIGITS: Final = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def minor_digits(currency: str) -> int:
    """How many decimal places a currency has."""
    if currency in _NO_DIGITS:
        return 0
    return 3 if currency in _THREE_DIGITS else 2


def major_units(amount: int, currency: str) -> int | float:
    """Minor units as major units: a whole number where it is one."""
    unit: int = 10 ** minor_digits(currency)
    return amount / unit if amount % unit else amount // unit
