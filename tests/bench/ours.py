"""Our worker as a contestant: facts and guarded totals in the document store, boards told."""

import asyncio
import time
from pathlib import Path
from typing import Final

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from backbone.mongo import connect
from backbone.settings import Settings
from tests.bench.measured import RUN_SECONDS, Run
from tests.folding import FoldingWorker, folding

POLL_SECONDS: Final = 0.25


def run_ours(settings: Settings, folder: Path, total: int) -> Run:
    """Fold everything on the topics from the beginning into an empty store.

    Raises:
        AssertionError: it did not come to the end in time.
    """
    asyncio.run(_empty(settings))
    with folding(settings, folder) as workers:
        worker = workers["one"]
        process = psutil.Process(worker.pid)
        first, began, cpu = _until(worker, process, 1)
        last, ended, cpu_end = _until(worker, process, total)
    return Run(last - first, ended - began, cpu_end - cpu)


async def _empty(settings: Settings) -> None:
    """An empty store makes the worker begin at the beginning, whatever its group has committed."""
    client = connect(settings)
    await client.drop_database(settings.database("analytics"))
    client.close()


def _until(worker: FoldingWorker, process: psutil.Process, events: int) -> tuple[int, float, float]:
    """Wait until so many are folded: how many are, when it was, and the CPU spent until then."""
    deadline = time.perf_counter() + RUN_SECONDS
    while time.perf_counter() < deadline:
        folded = _folded(worker)
        if folded >= events:
            spent = process.cpu_times()
            return folded, time.perf_counter(), spent.user + spent.system
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"fewer than {events} events were folded in {RUN_SECONDS} s:\n{worker.last_words()}")


def _folded(worker: FoldingWorker) -> int:
    page = httpx.get(f"{worker.url}/metrics", trust_env=False, timeout=10).text
    return int(
        sum(
            sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
            if sample.name == "drumbeat_worker_events_total"
        )
    )
