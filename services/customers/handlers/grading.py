"""Grading customers by rule: on a schedule, at once, or as a dry run that changes nothing.

A run that is cut off is simply made again: who has the grade the rules say is left alone. Two
processes that run at once write by version, so each customer is graded once.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from backbone.calendar import local_day
from backbone.idempotency import By
from backbone.mongo import ASCENDING, PyMongoError
from backbone.outbox import Saved
from backbone.problems import Conflict, Problem
from backbone.rows import as_seen, find, put
from backbone.web import Asks
from services.customers.desk import Desk
from services.customers.domain import grade_rules, grading
from services.customers.domain.customer import Customer, Grade
from services.customers.domain.grade_rules import RULES_ID, GradeRule, GradeRules, Regrade, judge_by
from services.customers.domain.query import Today
from services.customers.handlers.facts import refresh_all
from services.customers.queries.facts import read_facts

log = logging.getLogger(__name__)

PAGE: Final = 200
LOOK_SECONDS: Final = 30.0
MOST_SHOWN: Final = 200
SERVICE: Final = "service:customers"


@dataclass(slots=True)
class Run:
    """What a run did, or would do: how many customers it looked at, by step of grade, and the first few by name."""

    looked_at: int = 0
    held_by_hand: int = 0
    steps: dict[str, int] = field(default_factory=dict)
    regraded: list[Regrade] = field(default_factory=list)

    def note(self, regrade: Regrade) -> None:
        """Count one customer that gets another grade."""
        step = f"{regrade.from_grade or '-'}>{regrade.to_grade}"
        self.steps[step] = self.steps.get(step, 0) + 1
        if len(self.regraded) < MOST_SHOWN:
            self.regraded.append(regrade)

    @property
    def graded(self) -> int:
        """How many get another grade."""
        return sum(self.steps.values())


async def rules_now(desk: Desk) -> Saved[GradeRules]:
    """The rules as they stand."""
    return await find(desk.store.grading, RULES_ID) or Saved(RULES_ID, 0, grade_rules.first_rules(desk.now()))


async def change_rules(
    desk: Desk, asks: Asks, version: int, rules: Sequence[GradeRule], otherwise: Grade | None, every_days: int
) -> Saved[GradeRules]:
    """Replace the rules.

    Raises:
        Conflict: they have another version by now.
        Refused: see `domain.grade_rules.change_rules`.
    """
    rows, now = desk.store.grading, desk.now()
    found = as_seen(rows, asks, await rules_now(desk), version)
    if found.replayed:
        return found
    state, events = grade_rules.change_rules(found.state, now, rules=rules, otherwise=otherwise, every_days=every_days)
    return await put(rows, found, state, events, at=now, by=asks.by)


async def try_rules(desk: Desk, rules: Sequence[GradeRule] | None, otherwise: Grade | None) -> Run:
    """What the rules would change now; with None the present ones, else those given. Nothing is written.

    It goes by the facts as the log has told them; only their sums over a year are as of the last run.
    """
    known = (await rules_now(desk)).state
    if rules is not None:
        known, _ = grade_rules.change_rules(
            known, desk.now(), rules=rules, otherwise=otherwise, every_days=known.every_days
        )
    run = Run()
    async for _customer, _regrade in _judged(desk, known, run, anew=False):
        pass
    return run


async def run_rules(desk: Desk, by: By, *, anew: bool) -> Run:
    """Let the present rules grade every customer whose grade does not hold by hand.

    Args:
        desk: where.
        by: who lets them.
        anew: whether the facts of each customer are counted anew first, which takes some milliseconds each.
    """
    found = await rules_now(desk)
    run = Run()
    async for customer, regrade in _judged(desk, found.state, run, anew=anew):
        await _grade(desk, customer, regrade, by)
    if found.version:
        with suppress(Conflict):  # somebody changed the rules meanwhile: they are due anyway
            await desk.store.grading.change(
                found, grade_rules.note_run(found.state, desk.now(), run.graded), [], at=desk.now(), by=by
            )
    return run


async def grade_on_schedule(desk: Desk) -> None:
    """Run the rules whenever they are due, until cancelled."""
    while True:
        try:
            found = await rules_now(desk)
            if grade_rules.is_due(found.state, desk.now()):
                run = await run_rules(desk, _by(desk), anew=True)
                log.info("graded %d of %d customers by rule", run.graded, run.looked_at)
        except (PyMongoError, OSError, Problem) as trouble:
            log.warning("grading waits: %s", trouble)
        await asyncio.sleep(LOOK_SECONDS)


def _by(desk: Desk) -> By:
    return By(SERVICE, f"grading-{local_day(desk.now(), desk.zone).isoformat()}")


async def _judged(
    desk: Desk, rules: GradeRules, run: Run, *, anew: bool
) -> AsyncIterator[tuple[Saved[Customer], Regrade]]:
    """Each customer that gets another grade."""
    today = Today(local_day(desk.now(), desk.zone), desk.zone)
    judge = judge_by(rules, today)
    customers, last = desk.store.customers, ""
    while True:
        page = customers.collection.find({"_id": {"$gt": last}}, {"_id": 1}).sort("_id", ASCENDING).limit(PAGE)
        ids = [row["_id"] for row in await page.to_list(PAGE)]
        if not ids:
            return
        if anew:
            await refresh_all(desk, ids)
        rows = customers.collection.find({"_id": {"$gt": last, "$lte": ids[-1]}}).sort("_id", ASCENDING)
        for document in await rows.to_list(None):
            saved = customers.read(document)
            run.looked_at += 1
            run.held_by_hand += grading.holds_by_hand(saved.state, today.day)
            if (regrade := judge.judge(saved.state, read_facts(document))) is not None:
                run.note(regrade)
                yield saved, regrade
        last = ids[-1]


async def _grade(desk: Desk, found: Saved[Customer], regrade: Regrade, by: By) -> None:
    now = desk.now()
    decided = grading.grade_by_rule(found.state, now, to_grade=regrade.to_grade, rule=regrade.rule)
    if decided is None:
        return
    state, events = decided
    with suppress(Conflict):  # somebody changed the customer just now: the next run looks at it again
        await desk.store.customers.change(found, state, events, at=now, by=by)
