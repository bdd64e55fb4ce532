import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backbone.contract.codec import decode
from drumbeat.imports import bpi2012
from drumbeat.imports.told import Reading, Terms
from tests.import_samples import loan_line as line
from tests.import_samples import loans_file

TERMS = Terms("Asia/Shanghai", "EUR", datetime(2026, 3, 2, tzinfo=UTC))


def read(at: Path, *lines: str) -> Reading:
    return bpi2012.read(loans_file(at, *lines), TERMS)


def story(reading: Reading) -> list[tuple[Any, ...]]:
    return [
        (
            one["sequence"],
            one["type"],
            one["time"],
            one["data"]["owner_id"],
            one["data"].get("from_stage"),
            one["data"].get("to_stage") or one["data"].get("stage"),
        )
        for one in map(json.loads, (event.body for event in reading.events))
    ]


def test_an_application_moves_through_its_states_and_is_won_when_approved(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        line(0, "A_SUBMITTED", "01T00:38:44.546"),
        line(1, "A_PREACCEPTED", "01T00:39:37.906"),
        line(2, "A_APPROVED", "13T10:37:29.226", resource="10629"),
        line(3, "A_ACTIVATED", "13T10:37:29.226", resource="10629"),
    )

    assert story(reading) == [
        (1, "deal-opened", "2011-10-01T00:38:44.546000+02:00", "loans:112", None, "A_SUBMITTED"),
        (2, "stage-changed", "2011-10-01T00:39:37.906000+02:00", "loans:112", "A_SUBMITTED", "A_PREACCEPTED"),
        (3, "stage-changed", "2011-10-13T10:37:29.226000+02:00", "loans:10629", "A_PREACCEPTED", "A_APPROVED"),
        (4, "deal-won", "2011-10-13T10:37:29.226000+02:00", "loans:10629", None, "A_APPROVED"),
        (5, "stage-changed", "2011-10-13T10:37:29.226000+02:00", "loans:10629", "A_APPROVED", "A_ACTIVATED"),
    ]
    assert {json.loads(event.body)["data"]["amount"] for event in reading.events} == {2_000_000}


@pytest.mark.parametrize("state", ["A_DECLINED", "A_CANCELLED"])
def test_a_declined_or_cancelled_application_is_lost_in_that_state(tmp_path: Path, state: str) -> None:
    reading = read(tmp_path, line(0, "A_SUBMITTED", "01T00:38:44.546"), line(1, state, "02T00:00:00.000"))

    assert [(kind, stage) for _, kind, _, _, _, stage in story(reading)] == [
        ("deal-opened", "A_SUBMITTED"),
        ("stage-changed", state),
        ("deal-lost", state),
    ]


def test_a_start_and_the_next_complete_are_one_call_of_who_completed_it(tmp_path: Path) -> None:
    call = "W_Nabellen offertes"
    reading = read(
        tmp_path,
        line(0, "A_SUBMITTED", "01T00:38:44.546"),
        line(1, call, "01T10:00:00.000", lifecycle="SCHEDULE"),
        line(2, call, "01T10:05:00.000", lifecycle="COMPLETE"),
        line(3, call, "01T11:00:00.000", lifecycle="START", resource=""),
        line(4, "W_Completeren aanvraag", "01T11:01:00.000", lifecycle="COMPLETE"),
        line(5, call, "01T11:02:27.500", lifecycle="COMPLETE", resource=""),
        line(6, call, "02T11:00:00.000", lifecycle="START"),
    )
    calls = [json.loads(event.body) for event in reading.events if b"follow-up-logged" in event.body]

    assert [(one["time"], one["data"]) for one in calls] == [
        (
            "2011-10-01T11:02:27.500000+02:00",
            {
                "owner_id": "loans:unknown",
                "team_id": "loans",
                "member_id": "loans:unknown",
                "follow_up_id": "loans:7-5",
                "deal_id": "loans:7",
                "kind": "call",
                "reached": True,
                "duration_seconds": 148,
            },
        )
    ]
    assert [json.loads(event.body)["data"].get("member_id") for event in reading.people] == [
        None,
        "loans:112",
        "loans:unknown",
    ]


def test_reading_again_tells_the_same_and_all_of_it_passes_the_contract(tmp_path: Path) -> None:
    lines = [line(0, "A_SUBMITTED", "01T00:38:44.546"), line(1, "A_DECLINED", "02T00:00:00.000", resource="")]
    first, again = read(tmp_path, *lines), read(tmp_path, *lines)

    assert (first.people, first.events) == (again.people, again.events)
    for event in (*first.people, *first.events):
        envelope = decode(event.body, received_at=TERMS.now)
        assert (envelope.imported, envelope.partitionkey) == ("bpi2012", event.key)


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        (line(1, "A_DECLINED", "02T25:00:00.000"), "timestamp"),
        (line(1, "X_DECLINED", "02T00:00:00.000"), "activity"),
        (line(1, "A_DECLINED", "02T00:00:00.000", lifecycle="DONE"), "lifecycle"),
        (line(1, "A_DECLINED", "02T00:00:00.000").replace("20000", "20001"), "amount_req"),
        (line(1, "A_DECLINED", "02T00:00:00.000").replace("20000", "many"), "amount_req"),
        (line(1, "A_DECLINED", "02T00:00:00.000", resource="a b"), "resource"),
        (line(1, "A_DECLINED", "02T00:00:00.000").replace("2011-10-02", "2031-10-02"), "timestamp"),
        (line(0, "A_DECLINED", "02T00:00:00.000"), "seq"),
    ],
)
def test_a_bad_cell_is_named_and_its_whole_application_left_out(tmp_path: Path, bad: str, column: str) -> None:
    reading = read(
        tmp_path,
        line(0, "A_SUBMITTED", "01T00:38:44.546"),
        bad,
        line(0, "A_SUBMITTED", "01T08:08:58.256", case="8"),
    )

    assert [(fault.line, fault.column) for fault in reading.faults] == [(3, column)]
    assert {json.loads(event.body)["data"]["deal_id"] for event in reading.events} == {"loans:8"}
