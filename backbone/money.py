"""Money: integer minor units inside, major units where a person reads.

Digits by ISO 4217; a currency that is not listed has two.
"""

from collections.abc import Sequence
from fractions import Fraction
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


def split(total: int, shares: Sequence[float]) -> list[int]:
    """Whole parts of `total` in the ratio of the shares that add up to it exactly.

    Largest remainder (Hamilton's method): every part is rounded towards zero,
    then what is left goes one by one to the largest remainders; of equal ones
    the larger share, then the earlier place, comes first.

    Raises:
        ValueError: no share is above 0.
    """
    exact = [Fraction(share) for share in shares]
    whole = sum(exact)
    if whole <= 0:
        raise ValueError("at least one share must be above 0")
    quotas = [abs(total) * share / whole for share in exact]
    parts = [int(quota) for quota in quotas]
    left = abs(total) - sum(parts)
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - quotas[i], -exact[i], i))
    for place in order[:left]:
        parts[place] += 1
    return parts if total >= 0 else [-part for part in parts]
