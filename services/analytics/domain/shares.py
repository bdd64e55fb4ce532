"""Splitting whole numbers by shares so that nothing is lost or made."""

from collections.abc import Sequence
from fractions import Fraction


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
