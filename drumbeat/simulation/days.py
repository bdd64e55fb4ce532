"""What the made-up reps do, day by day: pure, seeded, endless.

A step says when it happened (`at`) and when the rep tells it (`told`): a
drifter logs his visits hours late. Steps of one story (a deal, a complaint)
follow each other. `work` gives the steps of one rep on one day; what belongs
to a story that began earlier is planned on the day it began.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from drumbeat.simulation.force import Customer, Rep, Temper

STAGES: Final = ("lead-in", "contacted", "proposal", "negotiation")


@dataclass(frozen=True, slots=True)
class Habits:
    """How a kind of rep works: mean numbers a day, chances, delays."""

    visits: float
    calls: float
    leads: float
    deals: float
    win_chance: float
    complaints: float
    late_reply_chance: float
    late_telling_chance: float


HABITS: Final[dict[Temper, Habits]] = {
    "hunter": Habits(2.5, 4.0, 1.5, 0.9, 0.30, 0.10, 0.15, 0.10),
    "farmer": Habits(4.0, 2.5, 0.3, 0.4, 0.50, 0.15, 0.05, 0.05),
    "newcomer": Habits(1.5, 6.0, 0.8, 0.3, 0.15, 0.10, 0.20, 0.15),
    "drifter": Habits(1.0, 1.0, 0.2, 0.2, 0.25, 0.20, 0.60, 0.60),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a rep does.

    Args:
        at: when it happened.
        told: when it reaches the platform.
        rep: whose key it is sent with.
        what: the use case, such as `log-visit`.
        story: the deal or complaint it belongs to; a story of its own otherwise.
        body: what the request says besides.
        again: send it twice, as a phone with a poor line does.
    """

    at: datetime
    told: datetime
    rep: str
    what: str
    story: str
    body: dict[str, Any] = field(default_factory=dict)
    again: bool = False


def work(seed: int, rep: Rep, customers: tuple[Customer, ...], day: date, zone: ZoneInfo) -> list[Step]:
    """The steps a rep begins on a day, by the time they are told.

    Nobody works on Sundays, and half as much on Saturdays.
    """
    dice = random.Random(f"{seed}/{rep.key}/{day}")
    if day.isoweekday() == 7:
        return []
    habits = HABITS[rep.temper]
    share = 0.5 if day.isoweekday() == 6 else 1.0
    opened = datetime.combine(day, time(9), zone)
    steps: list[Step] = []
    for name, mean in (
        ("visit", habits.visits),
        ("call", habits.calls),
        ("lead", habits.leads),
        ("deal", habits.deals),
        ("complaint", habits.complaints),
    ):
        for number in range(_count(dice, mean * share)):
            begun = opened + timedelta(minutes=dice.uniform(0, 9 * 60))
            story = f"{rep.key}/{day}/{name}-{number}"
            steps += _STORIES[name](dice, habits, rep, dice.choice(customers), begun, story)
    return sorted(steps, key=lambda step: (step.told, step.story))


def _count(dice: random.Random, mean: float) -> int:
    """A whole number around a mean: the fraction is the chance of one more."""
    spread = mean * dice.uniform(0.6, 1.4)
    return int(spread) + (dice.random() < spread % 1)


def _visit(
    dice: random.Random, habits: Habits, rep: Rep, customer: Customer, begun: datetime, story: str
) -> Iterator[Step]:
    ended = begun + timedelta(minutes=dice.uniform(15, 90))
    late = dice.random() < habits.late_telling_chance
    told = ended + timedelta(hours=dice.uniform(1, 8)) if late else ended + timedelta(seconds=dice.uniform(5, 60))
    body = {
        "customer": customer.key,
        "minutes": round((ended - begun).total_seconds() / 60, 1),
        "lat": round(customer.lat + dice.gauss(0, 0.0004), 6),
        "lon": round(customer.lon + dice.gauss(0, 0.0004), 6),
        "accuracy_m": round(dice.uniform(4, 60), 1),
        "purpose": dice.choice(("routine", "demo", "contract", "complaint")),
        "outcome": dice.choice(("ordered", "interested", "think-it-over", "not-there")),
    }
    yield Step(ended, told, rep.key, "log-visit", story, body, again=dice.random() < 0.08)
    if dice.random() < 0.03:
        regret = told + timedelta(minutes=dice.uniform(1, 30))
        yield Step(regret, regret, rep.key, "void-visit", story, {"reason": "wrong-customer"})


def _call(
    dice: random.Random, habits: Habits, rep: Rep, customer: Customer, begun: datetime, story: str
) -> Iterator[Step]:
    del habits
    kind = dice.choices(("call", "message", "mail", "meeting", "demo"), (6, 4, 2, 1, 1))[0]
    body: dict[str, Any] = {"customer": customer.key, "kind": kind, "reached": dice.random() < 0.7}
    if kind not in ("message", "mail"):
        body["duration_seconds"] = int(dice.uniform(30, 1800))
    yield Step(begun, begun + timedelta(seconds=5), rep.key, "log-follow-up", story, body, again=dice.random() < 0.05)


def _lead(
    dice: random.Random, habits: Habits, rep: Rep, customer: Customer, begun: datetime, story: str
) -> Iterator[Step]:
    del habits, customer
    channel = dice.choice(("web", "phone", "dealer", "fair", "referral"))
    yield Step(begun, begun, rep.key, "create-lead", story, {"channel": channel})


def _deal(
    dice: random.Random, habits: Habits, rep: Rep, customer: Customer, begun: datetime, story: str
) -> Iterator[Step]:
    amount = int(dice.lognormvariate(10, 0.8)) * 100
    yield Step(begun, begun, rep.key, "open-deal", story, {"customer": customer.key, "amount": amount})
    at = begun
    for stage in STAGES[1:]:
        at += timedelta(hours=dice.expovariate(1 / 30))
        fate = dice.random()
        if fate < 0.18:
            yield Step(at, at, rep.key, "lose-deal", story, {"reason": dice.choice(("price", "competitor", "no-need"))})
            return
        if fate < 0.28:
            return
        yield Step(at, at, rep.key, "move-deal", story, {"stage": stage})
    at += timedelta(hours=dice.expovariate(1 / 30))
    if dice.random() < habits.win_chance * 1.6:
        yield Step(at, at, rep.key, "win-deal", story, {"amount": int(amount * dice.uniform(0.85, 1.05))})
        paid = at + timedelta(days=dice.uniform(1, 10))
        yield Step(paid, paid, rep.key, "receive-payment", story, {"share": dice.choice((0.3, 0.5, 1.0))})
    else:
        yield Step(at, at, rep.key, "lose-deal", story, {"reason": "no-decision"})


def _complaint(
    dice: random.Random, habits: Habits, rep: Rep, customer: Customer, begun: datetime, story: str
) -> Iterator[Step]:
    severity = dice.choices(("low", "normal", "high"), (3, 5, 2))[0]
    yield Step(begun, begun, rep.key, "open-complaint", story, {"customer": customer.key, "severity": severity})
    late = dice.random() < habits.late_reply_chance
    replied = begun + timedelta(hours=dice.uniform(24.5, 60) if late else dice.uniform(0.2, 20))
    if dice.random() < 0.07:
        return
    yield Step(replied, replied, rep.key, "reply-complaint", story)
    if dice.random() < 0.3:
        waits = replied + timedelta(hours=dice.uniform(1, 4))
        yield Step(waits, waits, rep.key, "pause-complaint", story, {"reason": "waits-for-customer"})
        goes_on = waits + timedelta(hours=dice.uniform(2, 40))
        yield Step(goes_on, goes_on, rep.key, "resume-complaint", story)
        replied = goes_on
    resolved = replied + timedelta(hours=dice.uniform(1, 48))
    yield Step(resolved, resolved, rep.key, "resolve-complaint", story)


_STORIES: Final = {"visit": _visit, "call": _call, "lead": _lead, "deal": _deal, "complaint": _complaint}
