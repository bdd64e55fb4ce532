from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from drumbeat.simulation.calls import Known, call_for
from drumbeat.simulation.days import Step, work
from drumbeat.simulation.force import TEMPERS, make_force
from drumbeat.simulation.schedule import catch_up, upcoming

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 16)


def test_a_seed_always_makes_the_same_people_and_the_same_days() -> None:
    force = make_force(7)

    assert force == make_force(7)
    assert force != make_force(8)
    assert list(islice(upcoming(7, force, MONDAY, ZONE), 300)) == list(islice(upcoming(7, force, MONDAY, ZONE), 300))


def test_every_team_has_all_four_kinds_of_reps_and_every_rep_has_customers() -> None:
    force = make_force(7)

    for team in {rep.team for rep in force.reps}:
        assert {rep.temper for rep in force.reps if rep.team == team} == set(TEMPERS)
    assert all(force.customers_of(rep) for rep in force.reps)
    assert len({rep.name for rep in force.reps}) == len(force.reps)


def test_steps_come_in_the_order_they_are_told_and_never_before_they_happened() -> None:
    steps = list(islice(upcoming(7, make_force(7), MONDAY, ZONE), 2000))

    assert [step.told for step in steps] == sorted(step.told for step in steps)
    assert all(step.at <= step.told for step in steps)
    assert any(step.told - step.at > timedelta(hours=1) for step in steps), "some visits are told hours late"
    assert any(step.again for step in steps), "some are sent twice"


def test_nobody_works_on_sunday() -> None:
    force = make_force(7)

    assert [work(7, rep, force.customers_of(rep), MONDAY - timedelta(days=1), ZONE) for rep in force.reps] == [
        [] for _ in force.reps
    ]


def test_a_step_that_continues_what_was_never_begun_is_passed_over() -> None:
    step = Step(datetime.now(UTC), datetime.now(UTC), "rep-001", "win-deal", "story", {"amount": 1})

    assert call_for(step, step.at, None, {}) is None


def test_a_move_names_the_object_and_the_version_last_seen() -> None:
    at = datetime(2026, 11, 16, 9, tzinfo=UTC)
    step = Step(at, at, "rep-001", "move-deal", "story", {"stage": "proposal"})

    call = call_for(step, at, Known("d1", 4), {})

    assert call is not None
    assert call.path == "/api/customers/deals/d1/stage"
    assert call.body == {"version": 4, "at": "2026-11-16T09:00:00.000+00:00", "to_stage": "proposal"}


async def test_catching_up_does_what_was_not_done_before_now_and_keeps_each_reps_order() -> None:
    force = make_force(7)
    since = datetime(2026, 11, 16, 12, tzinfo=ZONE)
    now = since + timedelta(hours=20)
    done: list[Step] = []

    async def do(step: Step, _: datetime) -> None:
        done.append(step)

    first = await catch_up(upcoming(7, force, MONDAY, ZONE), since, now, do, lambda _: None)

    expected = [step for step in islice(upcoming(7, force, MONDAY, ZONE), 3000) if since < step.told < now]
    assert sorted(done, key=lambda step: (step.told, step.story)) == expected
    assert first.told >= now
    for rep in force.reps:
        own = [step.told for step in done if step.rep == rep.key]
        assert own == sorted(own)
