import itertools
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.activities.domain.ordering import best_order
from services.activities.domain.place import Spot
from services.activities.domain.route import Day, Route, Stop, better, openings, timetable

HOUR = 3600
NINE = 9 * HOUR
SHANGHAI = Spot(31.23, 121.47)


def east(kilometres: float) -> Spot:
    """A place so far east of the middle of the town (one degree is 95.3 km there)."""
    return Spot(SHANGHAI.lat, SHANGHAI.lon + kilometres / 95.3)


def stop(name: str, spot: Spot, *spans: tuple[float, float], grade: str | None = None, stay: int = 1800) -> Stop:
    """A stop that is open in these spans of hours; the whole day by default."""
    opened = [(int(opens * HOUR), int(closes * HOUR)) for opens, closes in spans or [(0, 24)]]
    return Stop(stop_id=name, spot=spot, stay_seconds=stay, starts=openings(opened, stay), grade=grade)


def day(*stops: Stop, begins: int = NINE, ends: int = 18 * HOUR, end: Spot | None = None, kmh: float = 30.0) -> Day:
    return Day(begins=begins, ends=ends, start=SHANGHAI, end=end, speed_kmh=kmh, stops=stops)


def best(asked: Day) -> Route:
    return timetable(asked, best_order(asked))


@st.composite
def days(draw: st.DrawFn, most: int = 6) -> Day:
    places = st.builds(lambda x, y: Spot(31.0 + x / 200, 121.3 + y / 200), st.integers(0, 60), st.integers(0, 60))
    spans = st.sampled_from([(), ((9, 12),), ((9, 11.5), (13.5, 17)), ((14, 18),), ((10, 10.25),)])
    grades = st.sampled_from(["A", "B", "C", None])
    stops = tuple(
        stop(f"s{place}", draw(places), *draw(spans), grade=draw(grades), stay=draw(st.sampled_from([900, 2700])))
        for place in range(draw(st.integers(0, most)))
    )
    return day(*stops, end=draw(st.sampled_from([None, SHANGHAI])), kmh=draw(st.sampled_from([8.0, 25.0, 60.0])))


def check(asked: Day, route: Route) -> None:
    """Every stop once, in time and possible."""
    by_id = {stop.stop_id: stop for stop in asked.stops}
    named = [*route.order, *(stop_id for stop_id, _ in route.left_out)]
    assert sorted(named) == sorted(by_id)
    here, free_at = asked.start, asked.begins
    for leg in route.legs:
        assert leg.arrives == free_at + asked.seconds(here, by_id[leg.stop_id].spot)
        assert leg.begins >= leg.arrives
        assert any(first <= leg.begins <= last for first, last in by_id[leg.stop_id].starts)
        assert leg.leaves == leg.begins + by_id[leg.stop_id].stay_seconds
        here, free_at = by_id[leg.stop_id].spot, leg.leaves
    assert route.ends <= asked.ends or not route.legs


@given(days(), st.randoms(use_true_random=False))
def test_a_timetable_names_every_stop_once_and_keeps_to_the_opening_hours(asked: Day, dice: object) -> None:
    order = [stop.stop_id for stop in asked.stops]
    dice.shuffle(order)  # type: ignore[attr-defined]

    check(asked, timetable(asked, order))


@settings(max_examples=40, deadline=None)
@given(days())
def test_the_solved_route_names_every_stop_once_and_is_never_worse_than_the_order_given(asked: Day) -> None:
    given_order = timetable(asked, [stop.stop_id for stop in asked.stops])

    solved = better(given_order, best(asked))

    check(asked, solved)
    assert solved.cost <= given_order.cost
    assert len(solved.legs) >= 1 or not given_order.legs


@settings(max_examples=25, deadline=None)
@given(days(most=5))
def test_of_few_stops_the_solvers_order_costs_within_a_hundredth_of_the_cheapest_there_is(
    asked: Day,
) -> None:
    ids = [stop.stop_id for stop in asked.stops]
    orders: list[Sequence[str]] = [order for size in range(len(ids) + 1) for order in itertools.permutations(ids, size)]

    assert best(asked).cost <= 1.01 * min(timetable(asked, order).cost for order in orders)


def test_the_same_day_has_the_same_route_every_time() -> None:
    asked = a_dozen()

    assert best_order(asked, most_seconds=30) == best_order(asked, most_seconds=30)


def test_twelve_stops_with_opening_hours_are_solved_within_a_second_of_work() -> None:
    asked = a_dozen()
    began = time.process_time()

    route = best(asked)

    assert time.process_time() - began < 1
    check(asked, route)
    assert len(route.legs) == 12


def a_dozen() -> Day:
    spans = [[(9.0, 12.0), (14.0, 18.0)], [(8.0, 20.0)], [(13.0, 17.0)]]
    return day(
        *(
            stop(f"s{n}", Spot(31.15 + n * 37 % 50 / 400, 121.4 + n * 53 % 50 / 400), *spans[n % 3], grade="ABC"[n % 3])
            for n in range(12)
        ),
        begins=8 * HOUR,
        ends=20 * HOUR,
    )


def test_the_short_way_is_taken() -> None:
    asked = day(stop("far", east(10)), stop("near", east(2)), stop("middle", east(6)))

    assert best(asked).order == ("near", "middle", "far")


def test_opening_hours_come_before_the_short_way() -> None:
    asked = day(stop("near", east(2), (15, 18)), stop("far", east(10), (9, 11)))

    route = best(asked)

    assert [(leg.stop_id, leg.begins >= 15 * HOUR) for leg in route.legs] == [("far", False), ("near", True)]


def test_of_two_equal_ways_the_better_customer_is_first() -> None:
    for one, other in (("A", "C"), ("C", "A")):
        asked = day(stop(one, east(5), grade=one), stop(other, east(-5), grade=other), end=SHANGHAI)

        assert best(asked).order == ("A", "C")


def test_when_there_is_no_time_for_all_the_better_customer_is_seen() -> None:
    asked = day(
        stop("c", east(2), grade="C", stay=2 * HOUR),
        stop("a", east(-8), grade="A", stay=2 * HOUR),
        begins=9 * HOUR,
        ends=12 * HOUR,
    )

    route = best(asked)

    assert (route.order, route.left_out) == (("a",), (("c", "no-time"),))


@pytest.mark.parametrize(
    ("left", "why"),
    [
        pytest.param(stop("x", east(2), (19, 22)), "closed-that-day", id="opens after the day"),
        pytest.param(stop("x", east(2), (10, 10.25)), "closed-that-day", id="is open for less than the visit"),
        pytest.param(stop("x", east(900)), "out-of-reach", id="is too far for the day"),
        pytest.param(stop("x", east(40), (9, 9.6)), "out-of-reach", id="closes before anybody can be there"),
    ],
)
def test_a_stop_nobody_can_reach_is_named_with_the_reason(left: Stop, why: str) -> None:
    asked = day(stop("near", east(2)), left)

    route = best(asked)

    assert (route.order, route.left_out) == (("near",), (("x", why),))


def test_the_way_home_counts_and_must_fit_into_the_day() -> None:
    asked = day(stop("far", east(20)), begins=9 * HOUR, ends=11 * HOUR, end=SHANGHAI)

    route = best(asked)

    assert route.left_out == (("far", "out-of-reach"),)
    assert best(day(stop("far", east(20)), begins=9 * HOUR, ends=11 * HOUR)).order == ("far",)


def test_a_day_without_stops_is_a_route_without_legs() -> None:
    assert best(day()).legs == ()
