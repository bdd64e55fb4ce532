"""Funnels: how many deals entered and now stand in each stage of a pipeline.

The worker keeps one document a pipeline and day with what changed on it; the
funnel is their sum. `entered` counts a deal once per stage, however often it
came back; a closed deal stands nowhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage; `amount` (minor units) is the value of the deals that stand in it."""

    stage: str
    entered: int
    standing: int
    amount: int


@dataclass(frozen=True, slots=True)
class Closed:
    """Deals won or lost; amount in minor units."""

    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """A pipeline summed over days, stages in their order."""

    pipeline: str
    stages: tuple[Stage, ...]
    won: Closed
    lost: Closed


def funnel(pipeline: str, days: Iterable[Mapping[str, Any]], order: Sequence[str] = ()) -> Funnel:
    """Sum a pipeline's day documents.

    Args:
        pipeline: whose.
        days: documents `{stages: {stage: {entered, standing, amount}}, won: {count, amount}, lost: ...}`.
        order: the pipeline's stages in order where it is known, also those no deal
            was in; a stage that is not in it follows, most entered first.
    """
    stages: dict[str, list[int]] = {name: [0, 0, 0] for name in order}
    closed = {"won": [0, 0], "lost": [0, 0]}
    for day in days:
        for name, counts in day.get("stages", {}).items():
            sums = stages.setdefault(name, [0, 0, 0])
            for place, counter in enumerate(("entered", "standing", "amount")):
                sums[place] += counts.get(counter, 0)
        for outcome, sums in closed.items():
            counts = day.get(outcome, {})
            sums[0] += counts.get("count", 0)
            sums[1] += counts.get("amount", 0)
    places = {name: place for place, name in enumerate(order)}
    ordered = sorted(stages, key=lambda name: (places.get(name, len(places)), -stages[name][0], name))
    return Funnel(
        pipeline,
        tuple(Stage(name, *stages[name]) for name in ordered),
        Closed(*closed["won"]),
        Closed(*closed["lost"]),
    )
