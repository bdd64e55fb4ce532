"""A Chromium for the tests in a real browser: found, or installed where that may be done.

    python -m deploy.local.browser     # its path on standard output

In this order: `DRUMBEAT_BROWSER`; a Chromium of the system; Debian's, by apt-get, where we are root;
Playwright's own. With a font for Chinese text beside it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.local.errors import StackError

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONT: Final = "fonts-noto-cjk"
INSTALL_SECONDS: Final = 600.0


class NoBrowser(StackError):
    """There is no Chromium and none could be installed."""


def find_browser() -> Path | None:
    """The browser named by `DRUMBEAT_BROWSER`, the system's, or Playwright's own, if any."""
    named = os.environ.get("DRUMBEAT_BROWSER")
    if named:
        return Path(named)
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else _playwrights_own()


def browser() -> Path:
    """The browser, installed when there is none.

    Raises:
        NoBrowser: there is none and it could not be installed.
    """
    found = find_browser()
    if found is None:
        if not _installed("chromium", FONT):
            _ran([sys.executable, "-m", "playwright", "install", "chromium"])
        found = find_browser()
    elif not _has_chinese_font():
        _installed(FONT)
    if found is None or not found.exists():
        raise NoBrowser(
            f"The tests in a browser need Chromium and found none{f' at {found}' if found else ''}: "
            "install it (Debian: apt-get install chromium fonts-noto-cjk), or name one with "
            "DRUMBEAT_BROWSER."
        )
    return found


def _installed(*packages: str) -> bool:
    """Whether apt-get could install Debian packages; never tried but as root."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    return _ran(install) or (_ran(["apt-get", "update"]) and _ran(install))


def _has_chinese_font() -> bool:
    if not shutil.which("fc-list"):
        return False
    listed = subprocess.run(
        ["fc-list", ":lang=zh", "family"],  # noqa: S607 - wherever the system has it
        capture_output=True,
        check=False,
    )
    return bool(listed.stdout.strip())


def _ran(command: Sequence[str]) -> bool:
    """Run an installer with its output on standard error; whether it went well."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, env=environment, stdout=sys.stderr, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _playwrights_own() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{browser()}\n")
    except NoBrowser as missing:
        sys.exit(str(missing))
