"""Splitting money so that nothing is lost or made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.money import split


@given(st.integers(0, 10**15), st.lists(st.floats(0.0001, 1), min_size=1, max_size=20))
def test_the_parts_add_up_and_none_is_a_unit_off_its_quota(total: int, shares: list[float]) -> None:
    parts = split(total, shares)

    assert sum(parts) == total
    assert all(
        abs(part - total * share / sum(shares)) <= 1 + total * 1e-9 for part, share in zip(parts, shares, strict=True)
    )


@pytest.mark.parametrize(
    ("total", "shares", "parts"),
    [
        (100, [0.5, 0.5], [50, 50]),
        (101, [0.5, 0.5], [51, 50]),
        (100, [1 / 3, 1 / 3, 1 / 3], [34, 33, 33]),
        (1, [0.3, 0.7], [0, 1]),
        (0, [1.0], [0]),
        (-101, [0.5, 0.5], [-51, -50]),
    ],
)
def test_what_is_left_goes_to_the_largest_remainder_then_the_larger_share_then_the_first(
    total: int, shares: list[float], parts: list[int]
) -> None:
    assert split(total, shares) == parts


def test_shares_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        split(10, [0.0])
