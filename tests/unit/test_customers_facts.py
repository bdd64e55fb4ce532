"""How hard the facts of customers are kept up."""

import pytest

from services.customers.handlers.facts import LONGEST_PAUSE_SECONDS, PAUSE_SECONDS, pause_after


@pytest.mark.parametrize(
    ("worked", "rest"), [(0.0, PAUSE_SECONDS), (0.1, 1.9), (0.2, 3.8), (30.0, LONGEST_PAUSE_SECONDS)]
)
def test_a_batch_that_took_long_is_followed_by_a_long_rest_but_never_by_an_endless_one(
    worked: float, rest: float
) -> None:
    assert pause_after(worked) == pytest.approx(rest)
