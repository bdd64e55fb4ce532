"""What happens shows on the open page by itself."""

import os
import signal
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsing import Open, Platform, Watch

LONG_MS = 60_000
"""For what waits until a process was started again."""


@pytest.fixture(scope="module")
def team(platform: Platform) -> str:
    return platform.team("Live team")


def now() -> str:
    return datetime.now(UTC).isoformat()


def visit(platform: Platform, member_id: str, customer_id: str) -> str:
    began = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    body = {"member_id": member_id, "customer_id": customer_id, "started_at": began, "ended_at": now()}
    return str(platform.post("/api/activities/visits", body)["visit_id"])


def row(page: Page, member_id: str, board: str = "Visits") -> Locator:
    return page.get_by_role("table", name=board).locator(f'[data-member="{member_id}"]')


def test_a_posted_visit_appears_on_the_board_and_among_the_latest_events(
    platform: Platform, open_page: Open, viewer: str, team: str
) -> None:
    member = platform.member("Li Na", team)
    customer = platform.customer(member)
    page = open_page(f"?team={team}", key=viewer)
    expect(page.locator("#live-name")).to_have_text("Live")

    visit(platform, member, customer)

    expect(row(page, member).locator(".board-value")).to_have_text("1")
    expect(row(page, member)).to_contain_text("Li Na")
    expect(page.locator("#events")).to_contain_text("Li Na visited customer")


def test_whoever_passes_another_is_marked_and_stands_above_him(
    platform: Platform, open_page: Open, viewer: str
) -> None:
    team = platform.team("Race")
    first, second = platform.member("First Rep", team), platform.member("Second Rep", team)
    customer = platform.customer(first)
    visit(platform, first, customer)
    visit(platform, second, customer)
    page = open_page(f"?team={team}", key=viewer)
    expect(row(page, second).locator(".board-rank")).to_have_text("2")

    visit(platform, second, customer)

    expect(row(page, second).locator(".board-rank")).to_have_text("1")
    expect(row(page, second)).to_have_class("risen")
    expect(row(page, second)).to_contain_text("▲ 1")
    expect(row(page, second)).not_to_have_class("risen")


def test_a_figure_is_explained_by_the_events_behind_it(
    platform: Platform, open_page: Open, viewer: str, team: str
) -> None:
    member = platform.member("王芳", team)
    customer = platform.customer(member)
    page = open_page(f"?team={team}", key=viewer)
    visit(platform, member, customer)
    visit(platform, member, customer)
    expect(row(page, member).locator(".board-value")).to_have_text("2")

    page.get_by_role("button", name="Why 2 for 王芳?").focus()
    page.keyboard.press("Enter")

    sheet = page.get_by_role("dialog", name="Why 2?")
    expect(sheet).to_contain_text("2 events count")
    expect(sheet.locator(".line-event")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_a_complaint_counts_down_to_its_first_reply(
    platform: Platform, open_page: Open, viewer: str, team: str
) -> None:
    member = platform.member("Complaint Keeper", team)
    customer = platform.customer(member)
    page = open_page(key=viewer)
    expect(page.locator("#live-name")).to_have_text("Live")
    opened = (datetime.now(UTC) - timedelta(hours=23, minutes=59)).isoformat()
    body = {"customer_id": customer, "owner_id": member, "channel": "phone", "severity": "high", "opened_at": opened}

    complaint = platform.post("/api/activities/complaints", body)

    clock = page.locator(".clock", has_text="Complaint Keeper")
    expect(clock).to_have_attribute("data-level", "warning")
    shown = clock.locator(".clock-time").inner_text()
    expect(clock.locator(".clock-time")).not_to_have_text(shown)
    path = f"/api/activities/complaints/{complaint['complaint_id']}/reply"
    platform.post(path, {"version": complaint["version"], "member_id": member})
    expect(clock).to_have_count(0)


def test_a_deal_walks_down_the_funnel(platform: Platform, open_page: Open, viewer: str) -> None:
    team = platform.team("Funnel team")
    member = platform.member("Deal Maker", team)
    customer = platform.customer(member)
    page = open_page(f"?team={team}", key=viewer)
    expect(page.locator("#live-name")).to_have_text("Live")

    platform.post("/api/customers/deals", {"customer_id": customer, "owner_id": member, "amount": 1_250_000})

    funnel = page.get_by_role("table", name="Funnel")
    expect(funnel.locator(".funnel-standing").nth(1)).to_have_text("1")
    expect(funnel).to_contain_text("¥12,500")


def test_a_lost_stream_cannot_be_taken_for_a_live_one_and_comes_back_by_itself(
    platform: Platform, open_page: Open, watch: Watch, viewer: str
) -> None:
    page = open_page(key=viewer)
    expect(page.locator("#live-name")).to_have_text("Live")

    os.kill(platform.pid("analytics"), signal.SIGKILL)

    expect(page.get_by_role("alert")).to_contain_text("Not live.")
    expect(page).to_have_title("Not live · Drumbeat")
    expect(page.locator("#live-name")).to_have_text("Live", timeout=LONG_MS)
    expect(page.get_by_role("alert")).to_have_count(0)
    watch.forgive("ERR_", "503", "502")
