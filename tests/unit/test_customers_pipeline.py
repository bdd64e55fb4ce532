from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backbone.problems import Refused
from services.customers.domain.pipeline import Pipeline, Stage, make_pipeline, standard_pipeline

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STANDARD = standard_pipeline(NOW)


def stages(*names: str) -> Pipeline:
    return replace(STANDARD, stages=tuple(Stage(stage=name, name=name, probability=0.5) for name in names))


def test_the_standard_pipeline_goes_from_lead_in_to_negotiation() -> None:
    assert [stage.name for stage in STANDARD.stages] == ["Lead In", "Contacted", "Proposal", "Negotiation"]
    assert make_pipeline(STANDARD)[0] == STANDARD


@pytest.mark.parametrize(
    ("pipeline", "code"),
    [
        pytest.param(stages(), "no-stages", id="without stages"),
        pytest.param(stages("new", "offer", "new"), "stage-twice", id="a stage twice"),
        pytest.param(stages("new", "won"), "outcome-as-stage", id="won among the stages"),
        pytest.param(stages("new", "lost"), "outcome-as-stage", id="lost among the stages"),
    ],
)
def test_a_pipeline_that_deals_could_not_follow_is_refused(pipeline: Pipeline, code: str) -> None:
    with pytest.raises(Refused) as refused:
        make_pipeline(pipeline)

    assert (refused.value.code, refused.value.field) == (code, "/stages")


@pytest.mark.parametrize(
    ("from_stage", "to_stage", "passed"),
    [
        ("lead-in", "contacted", []),
        ("lead-in", "proposal", []),
        ("lead-in", "negotiation", ["proposal"]),
        ("negotiation", "lead-in", []),
    ],
)
def test_only_required_stages_on_the_way_forward_count_as_passed_by(
    from_stage: str, to_stage: str, passed: list[str]
) -> None:
    assert [stage.stage for stage in STANDARD.passed_by(from_stage, to_stage)] == passed


def test_an_unknown_stage_is_answered_with_those_there_are() -> None:
    with pytest.raises(Refused, match="it has: lead-in, contacted, proposal, negotiation"):
        STANDARD.place_of("closing")
