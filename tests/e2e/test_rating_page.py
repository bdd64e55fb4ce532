"""A customer's phone on the link of a survey: no login, no script, English and Chinese."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browsing import Platform, Watch

PHONE: ViewportSize = {"width": 375, "height": 812}


@pytest.fixture
def link(platform: Platform) -> str:
    """The address of a survey about a complaint that was just resolved."""
    owner = platform.member("Li", platform.team("Rating"))
    body = {"customer_id": "c-1", "channel": "phone", "owner_id": owner, "opened_at": datetime.now(UTC).isoformat()}
    complaint = platform.post("/api/activities/complaints", body)
    path = f"/api/activities/complaints/{complaint['complaint_id']}"
    platform.post(f"{path}/resolve", {"version": complaint["version"], "member_id": owner})
    survey = platform.post("/api/activities/surveys", {"complaint_id": complaint["complaint_id"]})
    return f"{platform.url}{survey['path']}"


@pytest.fixture
def phone(browser: Browser, watch: Watch, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page without scripts on a phone that speaks the language the test names."""
    context = browser.new_context(locale=request.param, viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    watch.follow(page)
    yield page
    context.close()


@pytest.mark.parametrize("phone", ["en-GB"], indirect=True)
def test_a_customer_rates_by_keyboard_and_is_thanked(phone: Page, link: str) -> None:
    phone.goto(link)

    expect(phone.get_by_role("heading", name="How did we handle your complaint?")).to_be_visible()
    phone.get_by_role("radio", name="1 Very bad").focus()
    for _ in range(3):
        phone.keyboard.press("ArrowDown")
    expect(phone.get_by_role("radio", name="4 Good")).to_be_checked()
    phone.get_by_label("Anything you would like to tell us?").fill("Quick and kind")
    phone.get_by_role("button", name="Send").press("Enter")

    expect(phone.get_by_role("heading", name="Thank you!")).to_be_visible()
    phone.reload()
    expect(phone.get_by_role("heading", name="Thank you!")).to_be_visible()


@pytest.mark.parametrize("phone", ["zh-CN"], indirect=True)
def test_the_page_speaks_chinese_to_a_chinese_phone_and_fits_it(phone: Page, link: str) -> None:
    phone.goto(link)

    expect(phone.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(phone.get_by_role("heading", name="您对投诉的处理满意吗")).to_be_visible()
    # The style is let in by its hash: without it, the button would be as narrow as its word.
    button = phone.get_by_role("button", name="提交").bounding_box()
    assert button is not None
    assert 0 < button["x"] < button["x"] + button["width"] <= PHONE["width"]
    assert button["width"] > PHONE["width"] / 2
    assert button["height"] >= 44
    phone.get_by_role("radio", name="5 很满意").check()
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("heading", name="谢谢您")).to_be_visible()
    phone.get_by_role("link", name="English").click()
    expect(phone.get_by_role("heading", name="Thank you!")).to_be_visible()
