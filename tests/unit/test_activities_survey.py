from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.complaints import SatisfactionRated
from backbone.problems import Refused
from services.activities import pages
from services.activities.domain.complaint_form import ComplaintForm, check_open, withdraw_form
from services.activities.domain.story import Complaint
from services.activities.domain.survey import LIFETIME, Survey, check_may_ask, forget_comment, rate, renew

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ASKED = Survey(
    survey_id="s-1",
    owner_id="li",
    team_id="north",
    complaint_id="k-1",
    customer_id="c-1",
    of_member_id="li",
    token_hash="h-1",
    asked_at=NOW,
    expires_at=NOW + LIFETIME,
)


def test_an_answer_is_told_without_the_customers_words() -> None:
    rated, events = rate(ASKED, 4, "Ask for Ann", NOW)

    assert rated == replace(ASKED, score=4, comment="Ask for Ann", rated_at=NOW)
    assert events == [
        SatisfactionRated(
            survey_id="s-1",
            owner_id="li",
            team_id="north",
            complaint_id="k-1",
            customer_id="c-1",
            score=4,
            of_member_id="li",
        )
    ]


def test_a_second_answer_is_refused() -> None:
    rated, _ = rate(ASKED, 4, None, NOW)

    for attempt in (lambda: rate(rated, 5, None, NOW), lambda: renew(rated, "h-2", NOW, LIFETIME)):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == "rated-before"


def test_a_link_works_until_it_expires() -> None:
    last = ASKED.expires_at - timedelta(milliseconds=1)

    assert rate(ASKED, 3, None, last)[0].rated_at == last
    with pytest.raises(Refused) as refused:
        rate(ASKED, 3, None, ASKED.expires_at)
    assert refused.value.code == "expired"


def test_a_renewed_link_has_a_token_and_a_time_of_its_own() -> None:
    later = NOW + timedelta(days=40)

    assert renew(ASKED, "h-2", later, timedelta(days=3)) == replace(
        ASKED, token_hash="h-2", expires_at=later + timedelta(days=3), times_sent=2
    )


def test_the_mark_stays_when_the_words_are_forgotten() -> None:
    rated, _ = rate(ASKED, 2, "Ask for Ann", NOW)

    assert forget_comment(rated) == replace(rated, comment=None)


def test_nobody_is_asked_before_the_solution() -> None:
    complaint = Complaint(
        complaint_id="k-1", owner_id="li", team_id="north", opened_at=NOW, since=NOW, owned_since=NOW, recorded_at=NOW
    )

    with pytest.raises(Refused) as refused:
        check_may_ask(complaint)
    assert refused.value.code == "not-resolved"
    check_may_ask(replace(complaint, resolved_at=NOW))


def test_a_web_form_takes_so_many_an_hour_and_is_withdrawn_for_good() -> None:
    form = ComplaintForm(
        complaint_form_id="f", label="l", channel="web", most_an_hour=2, token_hash="h", created_at=NOW
    )

    check_open(form, 1)
    with pytest.raises(Refused) as refused:
        check_open(form, 2)
    assert refused.value.code == "too-many"
    assert withdraw_form(withdraw_form(form)) == replace(form, active=False)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("de,zh-TW;q=0.5,en;q=0.4", "zh"),
        ("de,fr", "en"),
        ("zh,en", "zh"),
        ("en,zh", "en"),
        ("zh;q=0", "en"),
        ("zh;q=nonsense, en;q=2", "en"),
        (";;q=,,=", "en"),
    ],
)
def test_the_page_speaks_the_language_asked_for_most(accepted: str, language: pages.Language) -> None:
    assert pages.language_of(accepted) == language


class Outline(HTMLParser):
    """What a page is made of."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def outline(page: str) -> Outline:
    read = Outline()
    read.feed(page)
    return read


@given(st.text())
def test_no_words_of_a_customer_become_markup(words: str) -> None:
    plain, written = (outline(pages.question("en", about_visit=False, comment=text)) for text in ("", words))

    assert [tag for tag, _ in written.tags] == [tag for tag, _ in plain.tags]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("wrong", [None, "score", "comment"])
def test_the_page_needs_no_script_and_names_every_field(language: pages.Language, wrong: str | None) -> None:
    page = outline(pages.question(language, about_visit=True, wrong=wrong, score="2", comment="x"))
    tags = [tag for tag, _ in page.tags]
    radios = [attributes for tag, attributes in page.tags if attributes.get("type") == "radio"]

    assert not {"script", "img", "link"} & set(tags)
    assert [radio["value"] for radio in radios if "checked" in radio] == ["2"]
    assert len(radios) == tags.count("label") - 1 == 5
    assert (("p", {"class": "wrong", "role": "alert", "id": "wrong"}) in page.tags) == (wrong is not None)
    assert ("html", {"lang": "zh-CN" if language == "zh" else "en"}) in page.tags
