"""The real data sets, every event sent twice, the worker killed three times on the way: the same figures."""

import asyncio
import gzip
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.whole_stack import WholeStack, whole_stack

REAL = Path(__file__).parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not REAL.is_dir(), reason=f"the real data are not there: put them into {REAL}"),
]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeStack]:
    """A platform nothing else was sent to."""
    with whole_stack(tmp_path_factory.mktemp("real")) as running:
        yield running


def late_first_replies(path: Path) -> int:
    """Tickets first taken in charge more than 24 hours after their first event, by a plain script over the file."""
    late = 0
    with gzip.open(path) as log:
        for _, trace in ET.iterparse(log):  # noqa: S314 - a file of our own
            if not trace.tag.endswith("trace"):
                continue
            steps = [
                {child.get("key"): child.get("value") or "" for child in event}
                for event in trace
                if event.tag.endswith("event")
            ]
            times = [datetime.fromisoformat(step["time:timestamp"]) for step in steps]
            taken = [
                at for at, step in zip(times, steps, strict=True) if step["concept:name"].startswith("Take in charge")
            ]
            late += bool(taken) and min(taken) - min(times) > timedelta(hours=24)
    return late


async def imported_twice(platform: WholeStack, *words: str) -> None:
    """Import a data set twice at once, and kill the worker three times while that goes on."""
    both = [asyncio.create_task(asyncio.to_thread(platform.json, "import", *words)) for _ in range(2)]
    for _ in range(3):
        await asyncio.sleep(5)
        platform.kill("worker")
    first, second = await asyncio.gather(*both)
    assert first["rejected"] == second["rejected"] == []
    assert first["sent"] == second["sent"]


def reconciled(platform: WholeStack) -> None:
    """Every figure that is served is what a recount of the log gives."""
    found = platform.json("reconcile", "--wait", "600")
    assert found["differences"] == []


def standing(funnel: dict[str, Any]) -> dict[str, int]:
    """How many deals stand in each stage."""
    return {stage["stage"]: stage["standing"] for stage in funnel["stages"]}


async def test_the_crm_pipeline_gives_the_published_figures(platform: WholeStack) -> None:
    await imported_twice(platform, "crm-pipeline", str(REAL / "crm_sales_opportunities"))

    reconciled(platform)
    funnel = platform.json("funnel", "crm")
    assert (funnel["won"], funnel["lost"]["count"]) == ({"count": 4_238, "amount": 10_005_534}, 2_473)
    assert standing(funnel) == {"Prospecting": 500, "Engaging": 1_589}
    first = [platform.json("board", metric, "--top", "1")["rows"][0] for metric in ("deals-won", "won-amount")]
    assert [(row["name"], row["value"]) for row in first] == [("Darcel Schlecht", 349), ("Darcel Schlecht", 1_153_214)]
    quarter = [
        platform.json("board", metric, "--period", "2017-Q4", "--top", "1")["rows"][0]
        for metric in ("deals-won", "won-amount")
    ]
    assert [(row["name"], row["value"]) for row in quarter] == [("Darcel Schlecht", 94), ("Darcel Schlecht", 357_666)]
    offices = {
        office: platform.json("board", "deals-won", "--team", office)["total"] for office in ("Central", "West", "East")
    }
    assert offices == {"Central": 1_629, "West": 1_438, "East": 1_171}


async def test_the_loans_of_bpi_2012_give_the_published_figures(platform: WholeStack) -> None:
    await imported_twice(platform, "bpi2012", str(REAL / "bpi2012_loans" / "bpi2012_events.csv.gz"))

    reconciled(platform)
    funnel = platform.json("funnel", "loans")
    entered = {stage["stage"]: stage["entered"] for stage in funnel["stages"]}
    stages = {"A_SUBMITTED": 13_087, "A_PREACCEPTED": 7_367, "A_ACCEPTED": 5_113, "O_SENT": 5_015}
    ends = {"A_APPROVED": 2_246, "A_DECLINED": 7_635, "A_CANCELLED": 2_807}
    assert {name: entered[name] for name in (*stages, *ends)} == {**stages, **ends}
    assert (funnel["won"]["count"], funnel["lost"]["count"]) == (2_246, 7_635 + 2_807)
    assert sum(standing(funnel).values()) == 399
    winner = platform.json("board", "deals-won", "--team", "loans", "--top", "1")["rows"][0]
    assert (winner["name"], winner["value"]) == ("10138", 681)


async def test_the_help_desk_gives_the_median_and_the_late_replies_of_a_plain_script(platform: WholeStack) -> None:
    path = REAL / "helpdesk_italian" / "Helpdesk.xes.gz"
    await imported_twice(platform, "helpdesk", str(path))

    reconciled(platform)
    sla = platform.json("sla")
    assert round(sla["median_hours_to_reply"], 1) == 16.4
    assert sla["replied_late"] == late_first_replies(path)
