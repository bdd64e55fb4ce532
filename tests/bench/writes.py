"""Writing through each service against the least there is: FastAPI and one motor insert, on the same store, in one run.

The service checks keys and row scope, keeps the rules of its domain, seals an event, writes the audit, and its relay
publishes: the promise is that what a client waits for still comes at 70 % of the bare rate. The contestants take
turns, so that a noisy machine is noisy for all; a ratio is that of two turns side by side.
"""

import argparse
import asyncio
import itertools
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table

from backbone.settings import HOST, Settings
from deploy.local.infrastructure import Infrastructure
from deploy.local.ports import free_port
from tests.bench.posting import Answered, post_for
from tests.people import People, gather
from tests.serving import Service, serving

PROMISED: Final = 0.70
REST_SECONDS: Final = 6.0
FOLLOWERS_SECONDS: Final = 20.0
"""The longest rest of those who follow: what a turn has left for them is not to be done in another's."""
CUSTOMERS: Final = 100
"""Whom deals, visits and complaints are about, one after the other: nobody complains a thousand times."""
SERVICES: Final = ("directory", "leads", "customers", "activities")
console = Console(width=120)

Body = Callable[[int], dict[str, Any]]


@dataclass(frozen=True)
class Create:
    """One create call of a service."""

    service: str
    path: str
    body: Body


def main() -> None:
    """Run and print; exit code 1 when a service is slower than promised."""
    words = argparse.ArgumentParser(prog="make bench", description=__doc__)
    words.add_argument("--seconds", type=float, default=8.0, help="of one turn")
    words.add_argument("--turns", type=int, default=5)
    words.add_argument("--only", choices=["leads", "customers", "deals", "visits", "complaints"], action="append")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="drumbeat-writes-") as name, Infrastructure(Path(name)) as engines:
        settings = Settings(kafka=engines.kafka_servers, mongo=engines.mongo_url, namespace=f"w{uuid.uuid4().hex[:8]}")
        with serving(settings, Path(name), SERVICES) as services, _bare(settings, Path(name)) as bare:
            people = gather(services["directory"])
            creates = {
                noun: create
                for noun, create in _creates(services, people).items()
                if asked.only is None or noun in asked.only
            }
            ratios = _take_turns(services, people, creates, bare, asked.turns, asked.seconds)
    raise SystemExit(0 if all(statistics.median(its) >= PROMISED for its in ratios.values()) else 1)


def _take_turns(
    services: dict[str, Service], people: People, creates: dict[str, Create], bare: str, turns: int, seconds: float
) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {noun: [] for noun in creates}
    ratios: dict[str, list[float]] = {noun: [] for noun in creates}
    bare_rates: list[float] = []

    def ours(create: Create, at_most: float) -> Answered:
        url = f"{services[create.service].url}{create.path}"
        return asyncio.run(post_for(at_most, url, people.keys["li"], create.body))

    def least(create: Create, at_most: float) -> Answered:
        return asyncio.run(post_for(at_most, bare, {}, create.body))

    for create in creates.values():  # warm up
        ours(create, 0.5)
        least(create, 0.5)
    for turn in range(turns):
        for noun, create in creates.items():
            _rest(FOLLOWERS_SECONDS)
            before = least(create, seconds / 2).rate
            rate = ours(create, seconds).rate
            _rest(REST_SECONDS)
            beside = (before + least(create, seconds / 2).rate) / 2
            rates[noun].append(rate)
            bare_rates.append(beside)
            ratios[noun].append(rate / beside)
            console.print(f"{turn + 1}/{turns} {noun}: {rate:,.0f}/s, bare {beside:,.0f}/s: {rate / beside:.0%}")
    table = Table(title="Creates a second through the API, and against a bare insert", title_justify="left")
    for column in ("what", "a second, median", "of bare, median", "least to most"):
        table.add_column(column, justify="left" if column == "what" else "right")
    table.add_row("bare FastAPI + motor insert", f"{statistics.median(bare_rates):,.0f}", "100 %", "")
    for noun, its in ratios.items():
        spread = f"{min(its):.0%} to {max(its):.0%}"
        table.add_row(noun, f"{statistics.median(rates[noun]):,.0f}", f"{statistics.median(its):.0%}", spread)
    console.print(table)
    console.print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; promised {PROMISED:.0%} of bare"
    )
    return ratios


def _rest(seconds: float) -> None:
    """Let the relay and the followers end what a turn has left, or another would pay for it."""
    time.sleep(seconds)


def _creates(services: dict[str, Service], people: People) -> dict[str, Create]:
    headers = dict(people.keys["li"])
    with httpx.Client(base_url=services["customers"].url, headers=headers, timeout=30, trust_env=False) as client:
        made = [client.post("/customers", json={"name": f"Blue Pump {number}"}) for number in range(CUSTOMERS)]
        assert {answer.status_code for answer in made} == {201}, made[-1].text
        customer_ids = [answer.json()["customer_id"] for answer in made]
    run = uuid.uuid4().hex[:8]
    phones = itertools.count()  # two of the same would be a duplicate, which is refused
    began = datetime.now(UTC) - timedelta(hours=2)

    def named(number: int) -> str:
        return f"Firm {run} {number} {uuid.uuid4().hex[:12]}"

    def lead(number: int) -> dict[str, Any]:
        contact = {"name": named(number), "phone": f"+86 139 {next(phones):08d}"}
        return {"channel": "web", "campaign": "spring", "contact": contact, "value_estimate": 120_000}

    def customer(number: int) -> dict[str, Any]:
        return {"name": named(number), "grade": "B", "channel": "web", "territory": "north"}

    def deal(number: int) -> dict[str, Any]:
        return {
            "name": named(number),
            "customer_id": customer_ids[number % CUSTOMERS],
            "amount": 120_000,
            "product_ids": ["pump"],
        }

    def visit(number: int) -> dict[str, Any]:
        start = began + timedelta(seconds=number % 3600)
        return {
            "customer_id": customer_ids[number % CUSTOMERS],
            "started_at": start.isoformat(),
            "ended_at": (start + timedelta(minutes=30)).isoformat(),
            "lat": 31.2,
            "lon": 121.5,
            "purpose": "demo",
            "outcome": "interested",
        }

    def complaint(number: int) -> dict[str, Any]:
        return {
            "customer_id": customer_ids[number % CUSTOMERS],
            "channel": "phone",
            "severity": "high",
            "summary_code": f"leak-{number % 9}",
        }

    return {
        "leads": Create("leads", "/leads", lead),
        "customers": Create("customers", "/customers", customer),
        "deals": Create("customers", "/deals", deal),
        "visits": Create("activities", "/visits", visit),
        "complaints": Create("activities", "/complaints", complaint),
    }


@contextmanager
def _bare(settings: Settings, folder: Path) -> Iterator[str]:
    """The bare service, where it takes posts."""
    port = free_port()
    told = {f"DRUMBEAT_{name.upper()}": str(value) for name, value in settings.model_dump(mode="json").items()}
    with (folder / "bare.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.bare_api", str(port)],
            env={**os.environ, **told},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(f"http://{HOST}:{port}/openapi.json", child)
        yield f"http://{HOST}:{port}/posted"
    finally:
        child.terminate()
        child.wait(10)


def _wait(url: str, child: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and child.poll() is None:
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass  # not listening yet
        time.sleep(0.05)
    raise AssertionError("the bare service did not get ready")


if __name__ == "__main__":
    main()
