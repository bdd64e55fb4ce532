from hypothesis import given
from hypothesis import strategies as st

from backbone.money import major_units, minor_digits


def test_whole_major_units_are_integers_and_others_keep_their_digits() -> None:
    assert major_units(1_153_214_00, "CNY") == 1_153_214
    assert major_units(12_345, "CNY") == 123.45
    assert major_units(12_345, "JPY") == 12_345
    assert major_units(12_345, "KWD") == 12.345


@given(st.integers(0, 10**13), st.sampled_from(["CNY", "EUR", "JPY", "KWD"]))
def test_no_minor_unit_is_lost_on_the_way(amount: int, currency: str) -> None:
    assert round(major_units(amount, currency) * 10 ** minor_digits(currency)) == amount
