"""The best order of a day's stops, by the routing solver of Google OR-Tools.

A travelling salesman with time windows who may leave stops out for their worth: what `route.py` calls
cost is what the solver minimises. It ends after a fixed number of solutions, so that the same day gives
the same order on every machine; the time limit is for days that are harder than any real one.
"""

from itertools import pairwise
from typing import Final

from ortools.constraint_solver import pywrapcp, routing_enums_pb2, routing_parameters_pb2

from services.activities.domain.route import EAGERNESS, OUT_COST, TRAVEL_COST, Day, Stop, worth

SOLUTIONS: Final = 200
"""Enough for a dozen stops: more changed nothing in the measured days, and took 0.1 s of a core."""

MOST_SECONDS: Final = 0.9


def best_order(day: Day, *, most_seconds: float = MOST_SECONDS) -> tuple[str, ...]:
    """Ids of the stops to visit, in the best order found; stops for which there is no time are not among them.

    Args:
        day: what is to be ordered.
        most_seconds: when to stop looking; the best order so far is given then.
    """
    spans = {stop.stop_id: _spans(day, stop) for stop in day.stops}
    stops = [stop for stop in day.stops if spans[stop.stop_id]]
    if not stops:
        return ()
    # Node 0 is where the day begins, the last one where it ends.
    nodes = pywrapcp.RoutingIndexManager(len(stops) + 2, 1, [0], [len(stops) + 1])
    model = pywrapcp.RoutingModel(nodes)
    travel, passing = _matrices(day, stops)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(travel))
    length = max(day.ends - day.begins, 0)
    model.AddDimension(model.RegisterTransitMatrix(passing), length, length, True, "time")
    time = model.GetDimensionOrDie("time")
    for node, stop in enumerate(stops, start=1):
        index = nodes.NodeToIndex(node)
        model.AddDisjunction([index], OUT_COST * worth(stop.grade))
        _allow(time.CumulVar(index), spans[stop.stop_id])
        if eagerness := EAGERNESS.get(stop.grade or "", 0):
            time.SetCumulVarSoftUpperBound(index, 0, eagerness)
    found = model.SolveWithParameters(_parameters(most_seconds))
    if found is None:
        return ()
    order: list[str] = []
    index = found.Value(model.NextVar(model.Start(0)))
    while not model.IsEnd(index):
        order.append(stops[nodes.IndexToNode(index) - 1].stop_id)
        index = found.Value(model.NextVar(index))
    return tuple(order)


def _matrices(day: Day, stops: list[Stop]) -> tuple[list[list[int]], list[list[int]]]:
    """The cost of each way, and how long passing from one stop to the next takes with the stay before it."""
    spots = [day.start, *(stop.spot for stop in stops)]
    stays = [0, *(stop.stay_seconds for stop in stops)]
    rows = [[day.seconds(here, there) for there in spots] for here in spots]
    for row, here in zip(rows, spots, strict=True):
        row.append(0 if day.end is None else day.seconds(here, day.end))
    seconds = [*rows, [0] * (len(spots) + 1)]
    passing = [[stay + way for way in row] for stay, row in zip([*stays, 0], seconds, strict=True)]
    return [[TRAVEL_COST * way for way in row] for row in seconds], passing


def _spans(day: Day, stop: Stop) -> list[tuple[int, int]]:
    """When a visit may begin, in seconds since the day began and within it."""
    length = day.ends - day.begins
    clipped = [(max(first - day.begins, 0), min(last - day.begins, length)) for first, last in stop.starts]
    return [(first, last) for first, last in clipped if first <= last]


def _allow(begins: pywrapcp.IntVar, spans: list[tuple[int, int]]) -> None:
    """Let a visit begin only in one of the spans, which stand in their order."""
    begins.SetRange(spans[0][0], spans[-1][1])
    for (_, closed), (opens, _) in pairwise(spans):
        if closed + 1 < opens:
            begins.RemoveInterval(closed + 1, opens - 1)


def _parameters(most_seconds: float) -> routing_parameters_pb2.RoutingSearchParameters:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.solution_limit = SOLUTIONS
    parameters.time_limit.FromMilliseconds(round(most_seconds * 1000))
    return parameters
