"""The importers against plain scripts: each counts the same file in its own few lines, and the two must agree.

The real files are not part of the repository. Where they are not there, the same comparison runs on small files
written here, and says so.
"""

import csv
import gzip
import json
import os
import statistics
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from drumbeat.imports import bpi2012, crm_pipeline, helpdesk
from drumbeat.imports.told import Reading, Terms
from tests.import_samples import crm_folder, loan_line, loans_file, ticket, ticket_event, tickets_file

TERMS = Terms("Asia/Shanghai", "CNY", datetime.now(UTC))
DATA = Path(os.environ.get("DRUMBEAT_DATA") or Path(__file__).parents[2].parent / "shared" / "data")

Choose = Callable[[str, Callable[[], Path]], tuple[Path, bool]]


@pytest.fixture
def choose(capsys: pytest.CaptureFixture[str]) -> Choose:
    """The real file where it is; else the small one, with a line on the terminal that says so."""

    def chosen(name: str, small: Callable[[], Path]) -> tuple[Path, bool]:
        if (DATA / name).exists():
            return DATA / name, True
        with capsys.disabled():
            print(f"\nNOT CHECKED ON REAL DATA: {DATA / name} is not there; a small file stands in")  # noqa: T201
        return small(), False

    return chosen


def told(reading: Reading) -> Iterator[dict[str, Any]]:
    assert reading.faults == []
    yield from (json.loads(event.body) for event in (*reading.people, *reading.events))


def test_the_crm_pipeline_counts_what_a_plain_script_counts(choose: Choose, tmp_path: Path) -> None:
    folder, real = choose("crm_sales_opportunities", lambda: crm_folder(tmp_path))
    with (folder / "sales_pipeline.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    won = [row for row in rows if row["deal_stage"] == "Won"]
    plain = {
        "rows": len(rows),
        "stages": Counter(row["deal_stage"] for row in rows),
        "wins": Counter(row["sales_agent"] for row in won),
        "amount": sum(int(row["close_value"]) for row in won),
        "won on": Counter(row["close_date"] for row in won),
    }

    reading = crm_pipeline.read(folder, TERMS)

    names, stage_of, wins, won_on, amount = {}, {}, Counter[str](), Counter[str](), 0
    for event in told(reading):
        data = event["data"]
        if event["type"] == "member-joined":
            names[data["member_id"]] = data["name"]
        elif event["type"] in ("deal-opened", "stage-changed"):
            stage_of[data["deal_id"]] = data.get("to_stage") or data["stage"]
        elif event["type"] in ("deal-won", "deal-lost"):
            stage_of[data["deal_id"]] = event["type"].removeprefix("deal-").title()
        if event["type"] == "deal-won":
            wins[names[data["owner_id"]]] += 1
            won_on[event["time"][:10]] += 1
            amount += data["amount"]
    assert {
        "rows": reading.rows,
        "stages": Counter(stage_of.values()),
        "wins": wins,
        "amount": amount / 100,
        "won on": won_on,
    } == plain
    if real:
        assert plain["stages"] == {"Won": 4_238, "Lost": 2_473, "Engaging": 1_589, "Prospecting": 500}
        assert (amount, wins.most_common(1)) == (1_000_553_400, [("Darcel Schlecht", 349)])


# 262,200 lines: some seconds on a quiet machine, many on a busy one.
@pytest.mark.timeout(180)
def test_the_bank_log_counts_what_a_plain_script_counts(choose: Choose, tmp_path: Path) -> None:
    path, real = choose(
        "bpi2012_loans/bpi2012_events.csv.gz",
        lambda: loans_file(
            tmp_path,
            loan_line(0, "A_SUBMITTED", "01T00:00:00.000"),
            loan_line(1, "A_PREACCEPTED", "01T00:00:01.000"),
            loan_line(2, "W_Nabellen offertes", "01T01:00:00.000", lifecycle="START"),
            loan_line(3, "W_Nabellen offertes", "01T01:00:09.000", resource=""),
            loan_line(4, "A_APPROVED", "02T00:00:00.000", resource="9"),
            loan_line(0, "A_SUBMITTED", "01T00:00:00.000", case="8"),
            loan_line(1, "A_DECLINED", "01T00:00:02.000", case="8"),
        ),
    )
    cases: dict[str, set[str]] = defaultdict(set)
    approvers: Counter[str] = Counter()
    rows, pairs, calling = 0, 0, set()
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            rows += 1
            if row["activity"][0] in "AO" and row["lifecycle"] == "COMPLETE":
                cases[row["activity"]].add(row["case_id"])
                approvers[row["resource"]] += row["activity"] == "A_APPROVED"
            elif row["activity"] == "W_Nabellen offertes" and row["lifecycle"] == "START":
                calling.add(row["case_id"])
            elif row["activity"] == "W_Nabellen offertes" and row["lifecycle"] == "COMPLETE":
                pairs += row["case_id"] in calling
                calling.discard(row["case_id"])
    plain = {activity: len(ids) for activity, ids in cases.items()}

    reading = bpi2012.read(path, TERMS)

    entered: dict[str, set[str]] = defaultdict(set)
    kinds, winners = Counter[str](), Counter[str]()
    for event in told(reading):
        data = event["data"]
        kinds[event["type"]] += 1
        if event["type"] in ("deal-opened", "stage-changed"):
            entered[data.get("to_stage") or data["stage"]].add(data["deal_id"])
        winners[data.get("owner_id", "").removeprefix("loans:")] += event["type"] == "deal-won"
    assert (reading.rows, {stage: len(ids) for stage, ids in entered.items()}) == (rows, plain)
    assert +winners == +approvers
    assert (kinds["follow-up-logged"], kinds["deal-won"]) == (pairs, plain["A_APPROVED"])
    assert kinds["deal-lost"] == plain["A_DECLINED"] + plain.get("A_CANCELLED", 0)
    if real:
        stages = ("A_SUBMITTED", "A_PREACCEPTED", "A_ACCEPTED", "O_SENT", "A_APPROVED", "A_DECLINED", "A_CANCELLED")
        assert [plain[stage] for stage in stages] == [13_087, 7_367, 5_113, 5_015, 2_246, 7_635, 2_807]
        assert (pairs, winners.most_common(1)) == (22_405, [("10138", 681)])


def test_the_help_desk_log_counts_what_a_plain_script_counts(choose: Choose, tmp_path: Path) -> None:
    path, real = choose(
        "helpdesk_italian/Helpdesk.xes.gz",
        lambda: tickets_file(
            tmp_path,
            ticket(
                ticket_event("Assign seriousness", "09T14:00:00.000"),
                ticket_event("Take in charge ticket", "11T14:00:00.000", "Value 2"),
                ticket_event("Wait", "11T15:00:00.000", "Value 2"),
                ticket_event("Resolve ticket", "11T16:00:00.000"),
                ticket_event("Closed", "12T16:00:00.000"),
            ),
            ticket(ticket_event("Assign seriousness", "09T14:00:00.000"), name="Case2"),
        ),
    )
    plain, rows, activities = [], 0, Counter[str]()
    name, at = "{*}string[@key='concept:name']", "{*}date[@key='time:timestamp']"
    with gzip.open(path) as file:
        for trace in ET.parse(file).getroot().iterfind("{*}trace"):  # noqa: S314 - our own file
            events = [(one.find(name), one.find(at)) for one in trace.iterfind("{*}event")]
            steps = [
                (what.get("value"), when.get("value")) for what, when in events if what is not None and when is not None
            ]
            rows += len(steps)
            activities.update(what or "" for what, _ in steps)
            taken = [when for what, when in steps if what == "Take in charge ticket"]
            if taken:
                plain.append(hours_between(str(steps[0][1]), str(taken[0])))

    reading = helpdesk.read(path, TERMS)

    kinds = Counter[str]()
    opened: dict[str, str] = {}
    replied: dict[str, str] = {}
    for event in told(reading):
        kinds[event["type"].removeprefix("complaint-")] += 1
        if event["type"] == "complaint-opened":
            opened[event["data"]["complaint_id"]] = event["time"]
        elif event["type"] == "complaint-replied":
            replied.setdefault(event["data"]["complaint_id"], event["time"])
    hours = [hours_between(opened[ticket_id], at) for ticket_id, at in replied.items()]
    assert (reading.rows, hours) == (rows, plain)
    assert [kinds[kind] for kind in ("replied", "paused", "resolved")] == [
        activities[what] for what in ("Take in charge ticket", "Wait", "Resolve ticket")
    ]
    if real:
        assert (kinds["opened"], round(statistics.median(hours), 1)) == (4_580, 16.4)
        assert sum(one > 24 for one in hours) == 1_830


def hours_between(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 3_600
