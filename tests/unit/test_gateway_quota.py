import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.quota import Buckets


def test_a_quiet_source_may_send_a_burst_and_then_its_rate() -> None:
    buckets = Buckets(per_second=100, burst=1_000)

    assert buckets.take({"erp": 1_000}, now=0) == 0
    assert buckets.take({"erp": 50}, now=0) == pytest.approx(0.5)
    assert buckets.take({"erp": 50}, now=0.5) == 0


def test_one_source_over_its_quota_holds_the_whole_request_and_takes_nothing() -> None:
    buckets = Buckets(per_second=10, burst=10)
    buckets.take({"loud": 10}, now=0)

    assert buckets.take({"loud": 5, "quiet": 10}, now=0) == pytest.approx(0.5)
    assert buckets.take({"quiet": 10}, now=0) == 0


def test_a_request_larger_than_the_burst_passes_when_the_bucket_is_full_and_is_paid_back() -> None:
    buckets = Buckets(per_second=10, burst=10)

    assert buckets.take({"erp": 30}, now=0) == 0
    assert buckets.take({"erp": 1}, now=0) == pytest.approx(2.1)


def test_sources_without_a_debt_are_forgotten() -> None:
    buckets = Buckets(per_second=10, burst=10)
    for number in range(10_001):
        buckets.take({f"source-{number}": 1}, now=number)

    assert len(buckets._filled) < 100


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0, 5)), max_size=60))
def test_no_source_ever_gets_more_than_burst_and_rate_allow(asked: list[tuple[int, float]]) -> None:
    buckets = Buckets(per_second=100, burst=500)
    now, taken = 0.0, 0
    for count, pause in asked:
        now += pause
        if buckets.take({"erp": count}, now) == 0:
            taken += count

    assert taken <= 500 + 100 * now + 0.001
