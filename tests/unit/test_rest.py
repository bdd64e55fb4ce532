"""How long whoever reads in batches leaves others alone."""

import pytest

from backbone.broker import Rest


@pytest.mark.parametrize(("worked", "rest"), [(0.0, 0.5), (0.1, 1.9), (0.2, 3.8), (30.0, 5.0)])
def test_a_batch_that_took_long_is_followed_by_a_long_rest_but_never_by_an_endless_one(
    worked: float, rest: float
) -> None:
    assert Rest(times=19, least_seconds=0.5, most_seconds=5.0).after(worked) == pytest.approx(rest)


def test_a_rest_that_is_always_the_same_asks_for_no_times() -> None:
    assert Rest(times=0, least_seconds=0.2).after(3.0) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("least", "most"),
    [
        pytest.param(-1.0, 5.0, id="is less than none"),
        pytest.param(6.0, 5.0, id="is at least longer than at most"),
        pytest.param(0.5, 600.0, id="is longer than the broker waits for one who reads"),
    ],
)
def test_no_rest_may_be_that(least: float, most: float) -> None:
    with pytest.raises(ValueError, match="rests of"):
        Rest(least_seconds=least, most_seconds=most)
