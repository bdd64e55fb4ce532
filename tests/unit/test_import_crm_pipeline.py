import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backbone.contract.codec import decode
from drumbeat.imports import crm_pipeline
from drumbeat.imports.told import Fault, Reading, Terms, Told
from tests.import_samples import crm_folder

TERMS = Terms("Asia/Shanghai", "CNY", datetime(2026, 3, 2, tzinfo=UTC))


def told(events: list[Told] | Any) -> list[dict[str, Any]]:
    return [json.loads(event.body) for event in events]


def deal_story(reading: Reading, deal: str) -> list[tuple[Any, ...]]:
    return [
        (
            one["sequence"],
            one["type"],
            one.get("time"),
            one["data"].get("stage") or (one["data"]["from_stage"], one["data"]["to_stage"]),
            one["data"]["amount"],
        )
        for one in told(reading.events)
        if one["data"].get("deal_id") == deal
    ]


def test_a_won_opportunity_opens_moves_and_ends_on_the_days_of_the_file(tmp_path: Path) -> None:
    reading = crm_pipeline.read(crm_folder(tmp_path), TERMS)

    assert deal_story(reading, "crm:A1") == [
        (1, "deal-opened", "2016-10-25T12:00:00+08:00", "Prospecting", 482100),
        (2, "stage-changed", "2016-10-25T12:00:00+08:00", ("Prospecting", "Engaging"), 482100),
        (3, "deal-won", "2017-03-11T12:00:00+08:00", "Engaging", 451400),
    ]


def test_open_opportunities_stop_where_they_stand_and_undated_ones_have_no_time(tmp_path: Path) -> None:
    reading = crm_pipeline.read(crm_folder(tmp_path), TERMS)

    assert deal_story(reading, "crm:A3") == [
        (1, "deal-opened", "2017-01-05T12:00:00+08:00", "Prospecting", 5500),
        (2, "stage-changed", "2017-01-05T12:00:00+08:00", ("Prospecting", "Engaging"), 5500),
    ]
    assert deal_story(reading, "crm:A4") == [(1, "deal-opened", None, "Prospecting", 5500)]
    assert [one.get("undated") for one in told(reading.events) if one["data"].get("deal_id") == "crm:A4"] == [True]


def test_a_row_in_engaging_without_dates_opens_there_undated(tmp_path: Path) -> None:
    reading = crm_pipeline.read(
        crm_folder(tmp_path, sales_pipeline="A5,Vicki Laflamme,MG Special,,Engaging,,,\n"), TERMS
    )

    assert deal_story(reading, "crm:A5") == [(1, "deal-opened", None, "Engaging", 5500)]


def test_offices_managers_and_agents_become_a_tree_of_teams(tmp_path: Path) -> None:
    people = told(crm_pipeline.read(crm_folder(tmp_path), TERMS).people)

    assert [
        (one["data"]["name"], one["data"]["team_id"], one["data"]["parent_id"], one["data"].get("lead_id"))
        for one in people
        if one["type"] == "team-changed"
    ] == [
        ("Central", "crm:office-central", None, None),
        ("West", "crm:office-west", None, None),
        ("Melvin Marxen", "crm:team-melvin-marxen", "crm:office-central", "crm:melvin-marxen"),
        ("Celia Rouche", "crm:team-celia-rouche", "crm:office-west", "crm:celia-rouche"),
    ]
    assert [
        (one["data"]["member_id"], one["data"]["name"], one["data"]["role"], one["data"]["team_id"])
        for one in people
        if one["type"] == "member-joined"
    ] == [
        ("crm:melvin-marxen", "Melvin Marxen", "manager", "crm:team-melvin-marxen"),
        ("crm:celia-rouche", "Celia Rouche", "manager", "crm:team-celia-rouche"),
        ("crm:darcel-schlecht", "Darcel Schlecht", "rep", "crm:team-melvin-marxen"),
        ("crm:vicki-laflamme", "Vicki Laflamme", "rep", "crm:team-celia-rouche"),
    ]


def test_accounts_become_customers_nobody_owns_below_their_parents(tmp_path: Path) -> None:
    events = told(crm_pipeline.read(crm_folder(tmp_path), TERMS).events)

    assert [one["data"] for one in events if one["type"] == "customer-created"] == [
        {
            "owner_id": None,
            "customer_id": "crm:golddex",
            "parent_customer_id": None,
            "channel": "import",
            "industry": "finance",
            "territory": "united-states",
        },
        {
            "owner_id": None,
            "customer_id": "crm:isdom",
            "parent_customer_id": "crm:golddex",
            "channel": "import",
            "industry": "medical",
            "territory": "united-states",
        },
    ]


def test_reading_again_tells_the_same_to_the_last_byte(tmp_path: Path) -> None:
    first = crm_pipeline.read(crm_folder(tmp_path), TERMS)
    again = crm_pipeline.read(tmp_path, replace(TERMS, now=datetime(2027, 1, 1, tzinfo=UTC)))

    assert (first.people, first.events) == (again.people, again.events)


def test_another_time_zone_keeps_the_ids_so_that_nothing_is_counted_twice(tmp_path: Path) -> None:
    here = crm_pipeline.read(crm_folder(tmp_path), TERMS)
    there = crm_pipeline.read(tmp_path, replace(TERMS, time_zone="America/New_York"))

    assert [one["id"] for one in told(here.events)] == [one["id"] for one in told(there.events)]


def test_every_event_passes_the_contract(tmp_path: Path) -> None:
    reading = crm_pipeline.read(crm_folder(tmp_path), TERMS)

    for event in (*reading.people, *reading.events):
        envelope = decode(event.body, received_at=TERMS.now)
        assert (envelope.imported, envelope.source, envelope.partitionkey) == (
            "crm-pipeline",
            "urn:drumbeat:import:crm-pipeline",
            event.key,
        )


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        ("A5,Darcel Schlecht,GTXPro,Isdom,Won,2016-13-25,2017-03-11,4514\n", ["engage_date"]),
        ("A5,Darcel Schlecht,GTXPro,Isdom,Won,2016-10-25,2016-03-11,4514\n", ["close_date"]),
        ("A5,Darcel Schlecht,GTXPro,Isdom,Won,2016-10-25,2017-03-11,lots\n", ["close_value"]),
        ("A5,Darcel Schlecht,GTXPro,Isdom,Won,2016-10-25,,\n", ["close_date", "close_value"]),
        ("A5,Nobody,Nothing,Nowhere,Dreaming,,,\n", ["account", "deal_stage", "product", "sales_agent"]),
        ("A1,Darcel Schlecht,GTXPro,Isdom,Prospecting,,,\n", ["opportunity_id"]),
        ("A5,Darcel Schlecht,GTXPro,Isdom,Engaging,2017-01-05,2017-02-01,\n", ["close_date"]),
        ("A5,Darcel Schlecht,GTXPro,Isdom,Won,2026-03-01,2026-03-02,1\n", ["close_date"]),
        ("A5,Darcel Schlecht,GTXPro\n", [None]),
        ("A 5,Darcel Schlecht,GTXPro,Isdom,Prospecting,,,\n", ["opportunity_id"]),
    ],
)
def test_each_bad_cell_is_named_by_line_and_column(tmp_path: Path, line: str, columns: list[str | None]) -> None:
    reading = crm_pipeline.read(crm_folder(tmp_path, sales_pipeline=line), TERMS)

    assert [(fault.file, fault.line, fault.column) for fault in reading.faults] == [
        ("sales_pipeline.csv", 6, column) for column in columns
    ]
    assert "crm:A5" not in {one["data"].get("deal_id") for one in told(reading.events)}


def test_bad_cells_of_the_other_files_are_named_too(tmp_path: Path) -> None:
    reading = crm_pipeline.read(
        crm_folder(
            tmp_path,
            sales_teams="Darcel Schlecht,Melvin Marxen,Central\nNew One,Melvin Marxen,West\n,Celia Rouche,West\n",
            products="MG Other,MG,cheap\n",
            accounts="Lonely,retail,1999,1,1,Kenya,Missing Parent\n",
        ),
        TERMS,
    )

    assert [(fault.file, fault.line, fault.column) for fault in reading.faults] == [
        ("accounts.csv", 4, "subsidiary_of"),
        ("products.csv", 4, "sales_price"),
        ("sales_teams.csv", 4, "sales_agent"),
        ("sales_teams.csv", 5, "regional_office"),
        ("sales_teams.csv", 6, "sales_agent"),
    ]


def test_faults_say_what_is_wrong(tmp_path: Path) -> None:
    reading = crm_pipeline.read(
        crm_folder(tmp_path, sales_pipeline="A5,Darcel Schlecht,GTXPro,Isdom,Won,2016-13-25,2017-03-11,4514\n"), TERMS
    )

    assert reading.faults == [
        Fault("sales_pipeline.csv", 6, "engage_date", "'2016-13-25': This day does not exist in the calendar")
    ]
