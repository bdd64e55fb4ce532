"""Coming to the page with a key and leaving it."""

from playwright.sync_api import expect

from tests.browsing import Open, Platform, Watch


def test_the_printed_address_signs_in_and_keeps_the_key_out_of_sight(
    platform: Platform, open_page: Open, viewer: str
) -> None:
    page = open_page(key=viewer)

    expect(page.locator("#live-name")).to_have_text("Live")
    assert page.url == f"{platform.url}/"
    assert viewer not in page.content()
    assert page.evaluate("document.cookie") == ""


def test_whoever_signed_in_stays_so_until_he_signs_out(open_page: Open, viewer: str) -> None:
    page = open_page(key=viewer)
    expect(page.locator("#page")).to_be_visible()
    page.reload()
    expect(page.locator("#page")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_label("API key")).to_be_visible()
    page.reload()
    expect(page.get_by_label("API key")).to_be_visible()


def test_a_wrong_key_is_refused_in_words_and_the_right_one_opens_the_page(
    open_page: Open, watch: Watch, viewer: str
) -> None:
    page = open_page()
    field = page.get_by_label("API key")

    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Paste your API key")
    field.fill("db_000000000000_not-a-key-anybody-made-and-long-enough-for-one")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not known or was withdrawn")
    watch.forgive("401")
    field.fill(viewer)
    field.press("Enter")

    expect(page.locator("#live-name")).to_have_text("Live")


def test_a_key_that_may_only_send_events_opens_no_page(platform: Platform, open_page: Open) -> None:
    page = open_page(key=platform.key("publisher"))

    expect(page.get_by_role("alert")).to_contain_text("may only send events")
    expect(page.locator("#page")).to_be_hidden()
