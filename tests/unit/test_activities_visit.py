from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backbone.contract.activities import Place, PlaceCheck, VisitLogged, VisitVoided
from backbone.problems import Refused
from services.activities.domain.place import Check
from services.activities.domain.visit import Visit, log_visit, void_visit

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VISIT = Visit(
    visit_id="visit-1",
    member_id="li",
    owner_id="li",
    team_id="north",
    customer_id="customer-1",
    started_at=NOW - timedelta(hours=1),
    ended_at=NOW,
    recorded_at=NOW,
)


def test_a_logged_visit_tells_where_and_with_whom_it_was() -> None:
    check = Check("inside", 48.0, "near")
    visit = replace(
        VISIT, lat=31.2, lon=121.5, accuracy_m=8.0, place_check=check, purpose="demo", outcome="interested"
    )

    assert log_visit(visit, NOW) == (
        visit,
        [
            VisitLogged(
                visit_id="visit-1",
                member_id="li",
                owner_id="li",
                team_id="north",
                customer_id="customer-1",
                started_at=NOW - timedelta(hours=1),
                ended_at=NOW,
                place=Place(lat=31.2, lon=121.5, accuracy_m=8.0),
                place_check=PlaceCheck(result="inside", distance_m=48.0, why="near"),
                purpose="demo",
                outcome="interested",
            )
        ],
    )


@pytest.mark.parametrize(
    ("visit", "code"),
    [
        pytest.param(replace(VISIT, customer_id=None), "one-place", id="at nobody's place"),
        pytest.param(replace(VISIT, lead_id="lead-1"), "one-place", id="at two places"),
        pytest.param(replace(VISIT, started_at=NOW + timedelta(seconds=1)), "ends-before-start", id="backwards"),
        pytest.param(replace(VISIT, started_at=NOW - timedelta(hours=25)), "too-long", id="for longer than a day"),
        pytest.param(replace(VISIT, ended_at=NOW + timedelta(minutes=6)), "future-time", id="in the future"),
    ],
)
def test_a_visit_that_cannot_have_been_is_refused(visit: Visit, code: str) -> None:
    with pytest.raises(Refused) as refused:
        log_visit(visit, NOW)

    assert refused.value.code == code


def test_a_phone_whose_clock_runs_five_minutes_ahead_may_log_a_visit() -> None:
    visit = replace(VISIT, ended_at=NOW + timedelta(minutes=5))

    assert log_visit(visit, NOW)[0] == visit


def test_a_voided_visit_says_when_and_why() -> None:
    voided, events = void_visit(VISIT, "wrong-customer", NOW)

    assert voided == replace(VISIT, voided_at=NOW, void_reason="wrong-customer")
    assert events == [
        VisitVoided(visit_id="visit-1", member_id="li", owner_id="li", team_id="north", reason="wrong-customer")
    ]


def test_a_visit_is_voided_only_once() -> None:
    voided, _ = void_visit(VISIT, "wrong-customer", NOW)

    with pytest.raises(Refused, match="void already"):
        void_visit(voided, "again", NOW)
