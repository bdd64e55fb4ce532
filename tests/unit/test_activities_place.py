from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.activities.domain.place import Check, Fix, Spot, check_place, distance_m

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HERE = Spot(31.2304, 121.4737)
AT_THE_DOOR = Fix(lat=31.2313, lon=121.4737, accuracy_m=10)
spots = st.builds(Spot, st.floats(-90, 90), st.floats(-180, 180))


def checked(fix: Fix | None, target: Spot | None = HERE, **told: object) -> Check:
    return check_place(fix, NOW, target, radius_m=200, **told)  # type: ignore[arg-type]


def test_a_degree_of_the_meridian_is_a_hundred_and_eleven_kilometres() -> None:
    assert distance_m(Spot(0, 0), Spot(1, 0)) == pytest.approx(111_195, abs=1)
    # Shanghai to Beijing, as gazetteers give it.
    assert distance_m(Spot(31.2304, 121.4737), Spot(39.9042, 116.4074)) == pytest.approx(1_067_000, rel=0.005)


@given(spots, spots, spots)
def test_a_distance_is_the_same_both_ways_and_never_longer_by_a_detour(one: Spot, other: Spot, third: Spot) -> None:
    assert distance_m(one, other) == pytest.approx(distance_m(other, one), abs=1e-3)
    assert distance_m(one, other) <= distance_m(one, third) + distance_m(third, other) + 1


def test_within_the_radius_is_inside_and_says_how_far_away() -> None:
    assert checked(AT_THE_DOOR) == Check("inside", 100.1, "near")


@pytest.mark.parametrize(
    ("fix", "told", "result", "why"),
    [
        pytest.param(None, {}, "unknown", "no-place", id="no position"),
        pytest.param(
            AT_THE_DOOR, {"target": None}, "unknown", "customer-not-located", id="nobody located the customer"
        ),
        pytest.param(AT_THE_DOOR, {"target": None, "asked": False}, "unknown", "customers-away", id="nobody to ask"),
        pytest.param(replace(AT_THE_DOOR, mock=True), {}, "unknown", "mock-location", id="made up"),
        pytest.param(AT_THE_DOOR, {"clock_off": timedelta(minutes=6)}, "unknown", "clock-off", id="clock ahead"),
        pytest.param(AT_THE_DOOR, {"clock_off": timedelta(hours=-2)}, "unknown", "clock-off", id="clock behind"),
        pytest.param(
            replace(AT_THE_DOOR, fixed_at=NOW - timedelta(minutes=11)), {}, "unknown", "stale-fix", id="an old position"
        ),
        pytest.param(replace(AT_THE_DOOR, accuracy_m=201), {}, "unknown", "inaccurate", id="more doubt than radius"),
        pytest.param(
            replace(AT_THE_DOOR, lat=31.2350, accuracy_m=400), {}, "unknown", "inaccurate", id="may be inside"
        ),
        pytest.param(replace(AT_THE_DOOR, lat=31.2350), {}, "outside", "too-far", id="too far"),
        pytest.param(replace(AT_THE_DOOR, accuracy_m=None), {}, "inside", "near", id="no doubt told"),
        pytest.param(AT_THE_DOOR, {"clock_off": timedelta(minutes=5)}, "inside", "near", id="clock a little off"),
        pytest.param(
            replace(AT_THE_DOOR, fixed_at=NOW - timedelta(minutes=10)), {}, "inside", "near", id="a fresh position"
        ),
    ],
)
def test_a_place_is_judged_by_what_can_be_trusted(
    fix: Fix | None, told: dict[str, object], result: str, why: str
) -> None:
    check = checked(fix, **told)  # type: ignore[arg-type]

    assert (check.result, check.why) == (result, why)
    assert (check.distance_m is None) == (fix is None or told.get("target", HERE) is None)


@given(st.floats(0, 50_000), st.floats(0, 50_000), st.floats(0, 3_000), st.floats(1, 3_000))
def test_a_phone_farther_away_or_surer_is_never_more_inside(
    near: float, far: float, doubt: float, radius: float
) -> None:
    near, far = sorted((near, far))
    rank = {"outside": 0, "unknown": 1, "inside": 2}

    def judged(metres: float, accuracy: float) -> int:
        fix = Fix(lat=metres / 111_195, lon=0.0, accuracy_m=accuracy)
        return rank[check_place(fix, NOW, Spot(0, 0), radius_m=radius).result]

    assert judged(far, doubt) <= judged(near, doubt)
    # Less doubt turns "unknown" into an answer, never one answer into the other.
    assert {judged(far, doubt), judged(far, 0)} != {0, 2}
