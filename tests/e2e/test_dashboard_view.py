"""Choosing what the page shows."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Open, Platform, Watch


@pytest.fixture(scope="module")
def yesterday(platform: Platform) -> str:
    """A team whose only visit was a day ago; its id."""
    team = platform.team("Yesterday's team")
    member = platform.member("Early Bird", team)
    ended = datetime.now(UTC) - timedelta(days=1)
    body = {
        "member_id": member,
        "customer_id": platform.customer(member),
        "started_at": (ended - timedelta(minutes=10)).isoformat(),
        "ended_at": ended.isoformat(),
    }
    platform.post("/api/activities/visits", body)
    return team


def live(page: Page) -> Page:
    expect(page.locator('html[data-live="live"]')).to_have_count(1)
    return page


def test_the_language_is_the_browsers_and_a_switch_is_remembered(open_page: Open, viewer: str) -> None:
    page = live(open_page(key=viewer, locale="zh-CN"))
    expect(page.get_by_role("heading", name="销售漏斗")).to_be_visible()

    page.get_by_role("button", name="切换到英文").click()

    expect(page.get_by_role("heading", name="Funnel")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(page.get_by_role("heading", name="Funnel")).to_be_visible()


def test_one_steps_back_to_yesterday_and_returns_to_now(open_page: Open, viewer: str, yesterday: str) -> None:
    page = live(open_page(f"?team={yesterday}", key=viewer))
    expect(page.get_by_text("Nothing counted in this period yet.").first).to_be_visible()

    page.get_by_role("button", name="Earlier").click()

    expect(page.get_by_role("table", name="Visits")).to_contain_text("Early Bird")
    assert "period=20" in page.url
    page.get_by_role("button", name="Back to now").click()
    expect(page.get_by_text("Nothing counted in this period yet.").first).to_be_visible()
    expect(page.get_by_role("button", name="Later")).to_be_disabled()


def test_an_empty_board_offers_all_time(open_page: Open, viewer: str, yesterday: str) -> None:
    page = live(open_page(f"?team={yesterday}", key=viewer))

    page.get_by_role("button", name="Show all time").first.click()

    expect(page.get_by_role("table", name="Visits")).to_contain_text("Early Bird")
    expect(page.get_by_role("radio", name="All")).to_be_checked()


def test_periods_are_changed_with_the_arrow_keys(open_page: Open, viewer: str) -> None:
    page = live(open_page(key=viewer))

    page.get_by_role("radio", name="Day").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")

    expect(page.get_by_role("radio", name="Month")).to_be_checked()
    assert page.url.endswith("?period=month")


def test_a_team_is_chosen_from_the_tree_and_kept_in_the_address(
    platform: Platform, open_page: Open, viewer: str, yesterday: str
) -> None:
    platform.team("A team inside", yesterday)
    page = live(open_page("?period=all", key=viewer))
    expect(page.get_by_label("Team").locator("option", has_text="A team inside")).to_have_count(1)

    page.get_by_label("Team").select_option(yesterday)

    expect(page.get_by_role("table", name="Visits")).to_contain_text("Early Bird")
    assert f"team={yesterday}" in page.url
    live(page).reload()
    expect(page.get_by_label("Team")).to_have_value(yesterday)


def test_a_board_is_chosen_by_its_total(open_page: Open, viewer: str) -> None:
    page = live(open_page(key=viewer))
    expect(page.get_by_role("heading", name="Follow-ups")).to_have_count(0)

    page.get_by_role("button", name="Follow-ups").click()

    expect(page.get_by_role("heading", name="Follow-ups")).to_be_visible()
    expect(page.get_by_role("button", name="Follow-ups")).to_have_attribute("aria-pressed", "true")


def test_a_view_that_does_not_exist_is_said_so_and_the_usual_one_shown(
    open_page: Open, watch: Watch, viewer: str
) -> None:
    page = open_page("?team=nobody-has-made-this-team", key=viewer)

    expect(page.locator("#notice")).to_contain_text("There is no team 'nobody-has-made-this-team'")
    live(page)
    assert "team" not in page.url
    watch.forgive("404")


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_the_page_fits_every_width(open_page: Open, viewer: str, width: int) -> None:
    page = live(open_page("?period=all", key=viewer, width=width))

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_wall_screen_shows_no_controls_and_does_not_scroll(open_page: Open, viewer: str) -> None:
    page = live(open_page("?wall=1&period=all", key=viewer, width=1920))

    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(page.get_by_role("radio", name="Day")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_a_rep_finds_his_own_row_marked(platform: Platform, open_page: Open, yesterday: str) -> None:
    member = platform.member("Own Row", yesterday)
    ended = datetime.now(UTC)
    body = {"customer_id": platform.customer(member), "ended_at": ended.isoformat()}
    body["started_at"] = (ended - timedelta(minutes=5)).isoformat()
    key = platform.key("rep", member)
    platform.post("/api/activities/visits", body, key)

    page = live(open_page("?period=all", key=key))

    row = page.get_by_role("table", name="Visits").locator(f'[data-member="{member}"]')
    expect(row).to_contain_text("you")
    expect(page.locator("[data-member][data-mine]")).to_have_count(1)
    expect(page.locator("#funnel-scope")).to_have_text("All time · All I may see")
