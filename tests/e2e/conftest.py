"""The whole platform as `drumbeat up` starts it, and a real browser that reports whatever went wrong in it."""

import json
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from backbone.settings import Settings
from deploy.local.browser import browser as chromium
from deploy.local.progress import Quiet
from deploy.local.stack import Stack
from tests.browsing import PATIENCE_MS, Open, Platform, Watch
from tests.serving import free_port_base

FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage")


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Everything up, in a folder of its own; with the engines that DRUMBEAT_KAFKA and DRUMBEAT_MONGO name, if any."""
    settings = Settings(home=tmp_path_factory.mktemp("drumbeat"), port_base=free_port_base())
    stack = Stack(settings)
    status = stack.up(Quiet())
    try:
        held = json.loads(stack.home.credentials.read_text())
        yield Platform(status.gateway, held["admin_key"], stack)
    finally:
        stack.down(Quiet())


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(chromium()), args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def watch(platform: Platform) -> Iterator[Watch]:
    """Fails the test when anything went wrong in the browser."""
    watching = Watch(platform.url)
    yield watching
    assert watching.troubles == []


@pytest.fixture
def open_page(platform: Platform, browser: Browser, watch: Watch) -> Iterator[Open]:
    """Opens the page in a browser of its own: `open_page("?period=week", key=..., locale=..., width=...)`."""
    contexts: list[BrowserContext] = []

    def opened(search: str = "", *, key: str | None = None, locale: str = "en-GB", width: int = 1280) -> Page:
        contexts.append(
            browser.new_context(locale=locale, viewport={"width": width, "height": 900}, reduced_motion="reduce")
        )
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE_MS)
        watch.follow(page)
        page.goto(f"{platform.url}/{search}" + (f"#key={key}" if key else ""))
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def viewer(platform: Platform) -> str:
    """A key that reads the whole company."""
    return platform.key("viewer")
