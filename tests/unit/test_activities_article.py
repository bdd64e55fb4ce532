from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.activities.domain.article import Wording, revise_article, wording_of, write_article
from services.activities.domain.words import LONGEST_KEY, MOST_ASKED, MOST_KEYS, asked_keys, keys_of, title_hits

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SAYS = Wording(title="The pump leaks", body="Change the seal.", language="en", tags=("hydraulics",))


def found(question: str, title: str, body: str = "", tags: tuple[str, ...] = ()) -> bool:
    asked = asked_keys(question)
    return bool(asked) and set(asked) <= set(keys_of(title, body, tags))


@pytest.mark.parametrize(
    "question",
    ["pump", "PUMP", "ｐｕｍｐ", "pump leaks", "leaks, pump!", "seal", "hydraulics", "hyd", "lea"],
)
def test_an_article_is_found_by_its_words_and_the_beginnings_of_its_title_and_tags(question: str) -> None:
    assert found(question, SAYS.title, SAYS.body, SAYS.tags)


@pytest.mark.parametrize("question", ["valve", "pump valve", "pu", "sea", "ump", "", "?!"])
def test_an_article_is_not_found_by_what_it_does_not_say(question: str) -> None:
    assert not found(question, SAYS.title, SAYS.body, SAYS.tags)


@pytest.mark.parametrize("question", ["漏水", "水泵", "泵", "密封圈", "GTX水泵", "密封圈 漏水"])
def test_chinese_is_found_by_neighbouring_characters(question: str) -> None:
    assert found(question, "GTX水泵漏水怎么办", "先检查密封圈。")


@pytest.mark.parametrize("question", ["水漏", "泵水", "密圈"])
def test_chinese_is_not_found_by_characters_that_are_no_neighbours(question: str) -> None:
    assert not found(question, "水泵漏水怎么办", "先检查密封圈。")


@given(st.text(max_size=300), st.text(max_size=300))
def test_every_title_finds_its_own_article(title: str, body: str) -> None:
    assert asked_keys(title) == () or found(title, title, body)


@given(st.text(max_size=2_000), st.text(max_size=20_000))
def test_keys_are_bounded_whatever_is_written(title: str, body: str) -> None:
    keys = keys_of(title, body, ())

    assert len(keys) == len(set(keys)) <= MOST_KEYS
    assert all(0 < len(key) <= LONGEST_KEY for key in keys)
    assert len(asked_keys(body)) <= MOST_ASKED


def test_words_in_the_title_weigh() -> None:
    assert title_hits("The pump leaks", asked_keys("pump seal")) == 1


def test_another_wording_is_a_new_edition() -> None:
    article = write_article("a-1", SAYS, published=False, written_by="li", now=NOW)
    later = NOW + timedelta(days=1)

    revised = revise_article(article, replace(SAYS, body="x"), published=True, written_by="mei", now=later)

    assert revised == replace(article, body="x", published=True, edition=2, written_by="mei", changed_at=later)


def test_publishing_is_no_new_edition() -> None:
    article = write_article("a-1", SAYS, published=False, written_by="li", now=NOW)

    assert revise_article(
        article, wording_of(article), published=True, written_by="mei", now=NOW + timedelta(days=1)
    ) == replace(article, published=True)
