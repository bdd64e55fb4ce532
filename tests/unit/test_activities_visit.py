from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backbone.contract.activities import Place, PlaceCheck, VisitLogged, VisitStarted, VisitVoided
from backbone.problems import Refused
from services.activities.domain.place import Check, Fix
from services.activities.domain.visit import Photo, Visit, check_in, check_out, log_visit, void_visit

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
    visit = replace(VISIT, lat=31.2, lon=121.5, accuracy_m=8.0, place_check=check, purpose="demo", outcome="interested")

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


def test_a_member_who_checks_in_is_under_way_until_he_checks_out() -> None:
    photo = Photo(photo_id="ph-1", sha256="ab" * 32, taken_at=NOW)
    gone = Fix(lat=31.3, lon=121.5)

    arrived, began = check_in(replace(VISIT, ended_at=None, purpose="demo"), NOW)
    left, ended = check_out(
        arrived,
        NOW,
        ended_at=NOW,
        left=gone,
        left_check=Check("outside", 9000.0, "too-far"),
        photos=(photo,),
        outcome="interested",
        next_step="call",
        next_step_on=NOW.date(),
    )

    whose: dict[str, Any] = {"visit_id": "visit-1", "member_id": "li", "owner_id": "li", "team_id": "north"}
    assert began == [VisitStarted(**whose, customer_id="customer-1", started_at=VISIT.started_at, purpose="demo")]
    assert (arrived.under_way, arrived.ended_at, left.under_way, left.ended_at) == (True, None, False, NOW)
    (told,) = ended
    assert isinstance(told, VisitLogged)
    assert (told.left_place, told.next_step, told.outcome) == (Place(lat=31.3, lon=121.5), "call", "interested")
    assert told.left_place_check == PlaceCheck(result="outside", distance_m=9000.0, why="too-far")
    assert [one.photo_id for one in told.photos] == ["ph-1"]


@pytest.mark.parametrize(
    ("leaving", "code"),
    [
        pytest.param({"ended_at": VISIT.started_at - timedelta(seconds=1)}, "ends-before-start", id="before he came"),
        pytest.param({"ended_at": NOW + timedelta(hours=1)}, "future-time", id="in the future"),
        pytest.param(
            {"photos": (Photo(photo_id="p", sha256="a", taken_at=NOW),) * 2}, "photo-twice", id="one photo twice"
        ),
        pytest.param(
            {"photos": (Photo(photo_id="p", sha256="a", taken_at=NOW + timedelta(days=1)),)},
            "future-time",
            id="a photo of tomorrow",
        ),
        pytest.param({"next_step": "call"}, "no-day", id="a next step without a day"),
    ],
)
def test_a_member_cannot_check_out_so(leaving: dict[str, Any], code: str) -> None:
    arrived, _ = check_in(VISIT, NOW)

    with pytest.raises(Refused) as refused:
        check_out(arrived, NOW, **{"ended_at": NOW, **leaving})

    assert refused.value.code == code


def test_a_visit_that_is_over_or_broken_off_is_not_checked_out_of() -> None:
    arrived, _ = check_in(VISIT, NOW)
    broken_off, _ = void_visit(arrived, "called-away", NOW)

    assert not broken_off.under_way
    for visit in (VISIT, broken_off):
        with pytest.raises(Refused) as refused:
            check_out(visit, NOW, ended_at=NOW)
        assert refused.value.code == "not-under-way"
