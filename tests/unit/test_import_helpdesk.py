import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backbone.contract.codec import decode
from drumbeat.imports import helpdesk
from drumbeat.imports.told import Reading, Terms
from tests.import_samples import XES_TOP, ticket, tickets_file
from tests.import_samples import ticket_event as event

TERMS = Terms("Asia/Shanghai", "CNY", datetime(2026, 3, 2, tzinfo=UTC))


def read(at: Path, *tickets: str, top: str = XES_TOP, end: str = "</log>\n") -> Reading:
    return helpdesk.read(tickets_file(at, *tickets, top=top, end=end), TERMS)


def story(reading: Reading) -> list[tuple[Any, ...]]:
    events = [json.loads(one.body) for one in reading.events]
    return [(one["type"], one["time"][8:19], one["data"]["owner_id"], one["data"].get("member_id")) for one in events]


def test_a_ticket_is_opened_replied_paused_resolved_and_closed(tmp_path: Path) -> None:
    one, two, three = "helpdesk:value-1", "helpdesk:value-2", "helpdesk:value-3"
    reading = read(
        tmp_path,
        ticket(
            event("Assign seriousness", "09T14:50:17.000"),
            event("Take in charge ticket", "09T14:51:01.000", "Value 2"),
            event("Wait", "09T15:00:00.000", "Value 2"),
            event("Require upgrade", "10T15:00:00.000"),
            event("Resolve ticket", "25T11:54:26.000"),
            event("Closed", "30T12:54:39.000", "Value 3"),
        ),
    )

    assert story(reading) == [
        ("complaint-opened", "09T14:50:17", one, None),
        ("complaint-replied", "09T14:51:01", two, two),
        ("complaint-paused", "09T15:00:00", two, two),
        ("complaint-resumed", "10T15:00:00", two, one),
        ("complaint-resolved", "25T11:54:26", two, one),
        ("complaint-closed", "30T12:54:39", two, three),
    ]
    assert [json.loads(told.body)["sequence"] for told in reading.events] == [1, 2, 3, 4, 5, 6]
    assert json.loads(reading.events[3].body)["data"]["paused_seconds"] == 86_400


def test_work_on_a_resolved_or_closed_ticket_reopens_it_and_closing_twice_says_nothing_new(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        ticket(
            event("Take in charge ticket", "09T14:00:00.000"),
            event("Resolve ticket", "09T15:00:00.000"),
            event("Resolve ticket", "09T16:00:00.000"),
            event("Closed", "09T17:00:00.000"),
            event("Closed", "09T17:00:00.000"),
            event("VERIFIED", "09T18:00:00.000"),
            event("Take in charge ticket", "10T09:00:00.000"),
        ),
    )

    assert [kind.removeprefix("complaint-") for kind, *_ in story(reading)] == [
        "opened",
        "replied",
        "resolved",
        "reopened",
        "resolved",
        "closed",
        "reopened",
        "replied",
    ]


def test_reading_again_tells_the_same_and_all_of_it_passes_the_contract(tmp_path: Path) -> None:
    tickets = [
        ticket(event("Insert ticket", "09T14:00:00.000", ""), event("Wait", "09T15:00:00.000")),
        ticket(event("Resolve ticket", "09T15:00:00.000"), name="Case2"),
    ]
    first, again = read(tmp_path, *tickets), read(tmp_path, *tickets)

    assert (first.rows, first.people, first.events) == (3, again.people, again.events)
    for told in (*first.people, *first.events):
        envelope = decode(told.body, received_at=TERMS.now)
        assert (envelope.imported, envelope.partitionkey) == ("helpdesk", told.key)


@pytest.mark.parametrize(
    ("bad", "line", "column"),
    [
        (event("Wait", "09T14:60:00.000"), 12, "time:timestamp"),
        (event("Wait", "09T14:50:00.000").replace("+03:00", ""), 12, "time:timestamp"),
        (event("Wait", "09T14:50:00.000").replace("2012", "2032"), 12, "time:timestamp"),
        (event("", "09T14:50:00.000"), 11, "concept:name"),
        ('<event>\n<string key="concept:name" value="Wait"/>\n</event>\n', 10, "time:timestamp"),
    ],
)
def test_a_bad_attribute_is_named_by_its_line_and_its_ticket_left_out(
    tmp_path: Path, bad: str, line: int, column: str
) -> None:
    good = event("Wait", "09T14:00:00.000")
    reading = read(tmp_path, ticket(good, bad), ticket(good, name="Case2"))

    assert [(fault.line, fault.column) for fault in reading.faults] == [(line, column)]
    assert {json.loads(told.body)["data"]["complaint_id"] for told in reading.events} == {"helpdesk:Case2"}


def test_two_traces_of_one_name_are_a_fault(tmp_path: Path) -> None:
    reading = read(tmp_path, *(ticket(event("Wait", "09T14:00:00.000")) for _ in range(2)))

    assert [(fault.line, fault.column) for fault in reading.faults] == [(11, "concept:name")]


def test_a_file_that_breaks_off_is_not_whole_and_says_where(tmp_path: Path) -> None:
    reading = read(tmp_path, ticket(event("Wait", "09T14:00:00.000")), end="<trace><event>")

    assert (reading.whole, [(fault.line, fault.column) for fault in reading.faults]) == (False, [(11, None)])


def test_a_file_that_declares_an_entity_is_refused(tmp_path: Path) -> None:
    bomb = '<?xml version="1.0"?>\n<!DOCTYPE log [\n<!ENTITY a "aaaaaaaaaa">\n<!ENTITY b "&a;&a;&a;">\n]>\n<log>\n'
    reading = read(tmp_path, ticket(event("&b;", "09T14:00:00.000")), top=bomb)

    assert reading.whole is False
    assert [(fault.line, fault.reason) for fault in reading.faults] == [
        (3, "declares an entity: no log needs any, take it out")
    ]
    assert reading.events == []
