"""When steps are done: the past at once, then the present at a chosen speed."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from drumbeat.simulation.days import Step, work
from drumbeat.simulation.force import Force

LONGEST_GAP_SECONDS: Final = 2.0
"""Nights and Sundays pass in as much: somebody is watching."""

Do = Callable[[Step, datetime], Awaitable[None]]


def upcoming(seed: int, force: Force, first: date, zone: ZoneInfo) -> Iterator[Step]:
    """Every step from a day on, by the time it is told, without end."""
    waiting: list[tuple[datetime, str, int, Step]] = []
    day = first
    while True:
        for rep in force.reps:
            for place, step in enumerate(work(seed, rep, force.customers_of(rep), day, zone)):
                heapq.heappush(waiting, (step.told, step.story, place, step))
        day += timedelta(days=1)
        # A step of a later day is never told before that day begins.
        while waiting and waiting[0][0].astimezone(zone).date() < day:
            yield heapq.heappop(waiting)[3]


async def catch_up(steps: Iterator[Step], since: datetime, now: datetime, do: Do, tell: Callable[[int], None]) -> Step:
    """Do what was told in the past; returns the first step that is not.

    Steps of one rep follow each other; different reps work side by side.

    Args:
        steps: by the time they are told.
        since: steps told until then are passed over: an earlier run did them.
        now: where the past ends.
        do: does a step that happened at a moment.
        tell: told after each step how many remain.
    """
    by_rep: dict[str, list[Step]] = {}
    count = 0
    for step in steps:
        if step.told <= since:
            continue
        if step.told >= now:
            break
        by_rep.setdefault(step.rep, []).append(step)
        count += 1
    left = count

    async def one_rep(own: list[Step]) -> None:
        nonlocal left
        for each in own:
            await do(each, each.at)
            left -= 1
            tell(left)

    tell(left)
    await asyncio.gather(*map(one_rep, by_rep.values()))
    return step


async def go_on(first: Step, steps: Iterator[Step], speed: float, now: Callable[[], datetime], do: Do) -> None:
    """Do the steps that follow in the present, `speed` times as fast as they are planned; never returns by itself.

    What happened some hours before it was told keeps those hours.
    """
    queues: dict[str, asyncio.Queue[Step]] = {}
    async with asyncio.TaskGroup() as reps:

        async def one_rep(queue: "asyncio.Queue[Step]") -> None:
            while True:
                step = await queue.get()
                await do(step, now() - (step.told - step.at))

        step, told = first, first.told
        while True:
            gap = (step.told - told).total_seconds() / speed
            await asyncio.sleep(min(max(gap, 0), LONGEST_GAP_SECONDS))
            told = step.told
            if step.rep not in queues:
                queues[step.rep] = asyncio.Queue()
                reps.create_task(one_rep(queues[step.rep]))
            queues[step.rep].put_nowait(step)
            step = next(steps)
