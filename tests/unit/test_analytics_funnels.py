"""A funnel as it is shown: its stages in the order of the pipeline."""

from services.analytics.domain.funnels import Stage, funnel

DAYS = [
    {"stages": {"late": {"entered": 1, "standing": 1, "amount": 5}, "early": {"entered": 3}}},
    {"stages": {"gone": {"entered": 2}, "early": {"entered": 1, "standing": 2, "amount": 7}}},
]


def test_stages_stand_in_the_order_of_the_pipeline_and_those_of_the_past_after_them() -> None:
    stages = funnel("crm", DAYS, ["early", "middle", "late"]).stages

    assert stages == (
        Stage("early", 4, 2, 7),
        Stage("middle", 0, 0, 0),
        Stage("late", 1, 1, 5),
        Stage("gone", 2, 0, 0),
    )


def test_without_an_order_the_stage_most_deals_entered_comes_first() -> None:
    assert [stage.stage for stage in funnel("crm", DAYS).stages] == ["early", "gone", "late"]
