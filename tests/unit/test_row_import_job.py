"""How an import moves on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backbone.imports import job as jobs
from backbone.imports.job import Import, ImportState, Progress
from backbone.problems import Refused

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HALF = Progress(line=101, read=100, created=90, duplicate=6, rejected=4)


def an_import(state: ImportState = ImportState.UPLOADING, **fields: object) -> Import:
    new = Import(
        import_id="i1",
        kind="leads",
        file="leads.csv",
        format="csv",
        dry_run=False,
        owner_id="ann",
        team_id=None,
        caller={},
        created_at=NOW,
        state=state,
    )
    return replace(new, **fields)  # type: ignore[arg-type]


def test_it_starts_once_and_each_round_has_a_key_of_its_own() -> None:
    started = jobs.start(an_import(), 3)

    assert (started.state, started.parts, started.round) == (ImportState.RUNNING, 3, 1)
    stopped = jobs.end(jobs.stop(started, Progress()), ImportState.FAILED, HALF, "stopped", NOW)
    again = jobs.resume(stopped)
    assert (again.state, again.round, again.progress, again.reason) == (ImportState.RUNNING, 2, HALF, None)
    assert started.round_key != again.round_key
    assert started.attempt_key(7) == again.attempt_key(7) == "import-i1:7"


def test_what_was_stopped_stays_stopped_and_keeps_how_far_it_came() -> None:
    ended = jobs.end(an_import(ImportState.STOPPED), ImportState.FAILED, HALF, "stopped", NOW)

    assert (ended.state, ended.progress, ended.reason) == (ImportState.STOPPED, HALF, "stopped")


def test_what_is_resumed_before_its_work_has_noted_the_stop_goes_on_where_it_was() -> None:
    again = jobs.resume(jobs.stop(jobs.start(an_import(), 3), HALF))

    assert again.progress == HALF


def test_a_dry_run_is_run_for_good_from_the_beginning() -> None:
    tried = an_import(ImportState.DONE, dry_run=True, round=1, progress=HALF, ended_at=NOW)

    real = jobs.run_for_good(tried)

    assert real == replace(tried, dry_run=False, state=ImportState.RUNNING, round=2, progress=Progress(), ended_at=None)


@pytest.mark.parametrize(
    ("move", "from_state"),
    [
        (lambda job: jobs.start(job, 1), ImportState.RUNNING),
        (lambda job: jobs.start(job, 1), ImportState.DONE),
        (lambda job: jobs.stop(job, HALF), ImportState.UPLOADING),
        (lambda job: jobs.stop(job, HALF), ImportState.DONE),
        (jobs.resume, ImportState.RUNNING),
        (jobs.resume, ImportState.DONE),
        (jobs.run_for_good, ImportState.DONE),
    ],
)
def test_what_does_not_fit_its_state_is_refused(move: Callable[[Import], Import], from_state: ImportState) -> None:
    with pytest.raises(Refused):
        move(an_import(from_state))
