"""50,000 leads from one sheet, a tenth of them twice: stopped by hand, cut off by a kill, and whole at the end."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import pytest

from backbone.settings import Settings
from tests.people import gather
from tests.serving import ADMIN_KEY, Service, bearer, serving

log = logging.getLogger(__name__)

ROWS: Final = 50_000
TWICE_EVERY: Final = 10
MOST_BYTES: Final = 300 * 10**6

pytestmark = [pytest.mark.long, pytest.mark.timeout(1_800)]


@pytest.fixture(scope="module")
def services(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    with serving(settings, tmp_path_factory.mktemp("logs"), ["directory", "leads", "gateway"]) as running:
        yield running


def a_sheet(path: Path, owner: str) -> Path:
    """Every tenth row tells of the company of the row before it once more."""
    with path.open("w", encoding="utf-8") as file:
        file.write("channel,company_name,contact.name,contact.phone,value_estimate,owner_id\n")
        for row in range(ROWS):
            firm = row - 1 if row % TWICE_EVERY == TWICE_EVERY - 1 else row
            file.write(f"fair,第{firm}号贸易有限公司,联系人{row},+86138{firm:08},{row},{owner}\n")
    return path


class Importing:
    """`drumbeat import leads` as a process of its own."""

    def __init__(self, url: str, path: Path, told: Path) -> None:
        self._told = told
        with told.open("wb") as out:
            self.child = subprocess.Popen(
                [Path(sys.executable).with_name("drumbeat"), "import", "leads", str(path), "--json"],
                stdout=out,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "DRUMBEAT_URL": url, "DRUMBEAT_API_KEY": ADMIN_KEY},
            )

    def ended(self) -> bool:
        return self.child.poll() is not None

    def answer(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._told.read_text())
        return told


def progress(leads: Service) -> int:
    """How many rows are done."""
    try:
        answer = httpx.get(f"{leads.url}/imports", headers=bearer(ADMIN_KEY), timeout=30, trust_env=False)
    except httpx.TransportError:
        return 0
    items = answer.json()["items"] if answer.status_code == 200 else []
    return items[0]["progress"]["read"] if items else 0


def memory(pid: int) -> int:
    """Bytes a process holds."""
    return psutil.Process(pid).memory_info().rss if psutil.pid_exists(pid) else 0


def until(leads: Service, importing: Importing, rows: int, peak: list[int]) -> None:
    """Wait until so many rows are done, noting how much memory is taken."""
    while not importing.ended() and progress(leads) < rows:
        peak.append(memory(leads.pid) + memory(importing.child.pid))
        time.sleep(0.3)


def test_50_000_leads_come_in_whole_though_they_are_stopped_and_cut_off(
    services: dict[str, Service], tmp_path: Path
) -> None:
    leads, url = services["leads"], services["gateway"].url
    path = a_sheet(tmp_path / "leads.csv", gather(services["directory"]).ids["li"])
    peak: list[int] = []
    began = time.monotonic()

    stopped = Importing(url, path, tmp_path / "first")
    until(leads, stopped, ROWS // 4, peak)
    stopped.child.send_signal(signal.SIGINT)
    assert stopped.child.wait(60) == 130
    again = Importing(url, path, tmp_path / "second")
    until(leads, again, ROWS // 2, peak)
    leads.kill()
    leads.launch()
    leads.wait()
    if again.child.wait(900) == 3:  # it says that the service was away, and to run it again
        again = Importing(url, path, tmp_path / "third")
    until(leads, again, ROWS, peak)
    again.child.wait(900)

    told = again.answer()
    duplicates = ROWS // TWICE_EVERY
    log.info("%s rows in %.0f s, at most %.0f MiB", ROWS, time.monotonic() - began, max(peak) / 2**20)
    assert (told["read"], told["accepted"], told["duplicate"]) == (ROWS, ROWS - duplicates, duplicates)
    listed = httpx.get(f"{leads.url}/leads?count=true&limit=1", headers=bearer(ADMIN_KEY), timeout=60, trust_env=False)
    assert listed.json()["total"] == ROWS - duplicates
    assert max(peak) < MOST_BYTES
