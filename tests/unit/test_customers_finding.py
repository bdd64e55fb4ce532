from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customers.domain.feast import Feast, feasts_of, keys_between
from services.customers.domain.finding import (
    LONGEST,
    asked,
    beside,
    day_key,
    holds,
    keys,
    own_words,
    range_of,
    sounds,
    words_of,
)
from tests.customers import contact, customer

HUAXIN = customer(
    name="上海华信机械有限公司",
    phone="021-5555 0000",
    mail="info.sales@huaxin.cn",
    tax_id="91350100M000100Y43",
    contacts=(contact(name="王小明", phone="138 0013 8000", mail="wang@huaxin.cn"),),
)


def found(question: str) -> bool:
    """Whether a question finds Huaxin: by a key in the range of its longest word, and by every word."""
    words = asked(question)
    first, below = range_of(words[0])
    return any(first <= key < below for key in keys(HUAXIN)) and holds(words_of(HUAXIN), words)


@pytest.mark.parametrize(
    "question",
    [
        "华信",
        "信机",
        "上海华信机械有限公司",
        "shanghaihuaxin",
        "SHHX",
        "021-5555 0000",
        "5555 0000",
        "+86 21 5555",
        "13800138000",
        "8000",
        "info.sales@",
        "huaxin.cn",
        "sales@huaxin.cn",
        "wang@huaxin.cn",
        "91350100m0001",
        "小明",
        "wxm",
    ],
)
def test_a_customer_is_found_by_any_part_of_what_is_known_of_it(question: str) -> None:
    assert found(question)


@pytest.mark.parametrize("question", ["华新", "机械电子", "5555 0001", "wang@huaxin.com", "zz"])
def test_a_customer_is_not_found_by_what_is_not_its_own(question: str) -> None:
    assert not found(question)


def test_a_latin_name_is_found_by_any_of_its_words_and_without_its_legal_form() -> None:
    acme = customer(name="ACME Pumps Co., Ltd.")

    assert asked("pumps acme ltd") == ["pumps", "acme"]
    assert holds(own_words(acme), ["pumps", "acme"])
    assert keys(acme) == {"acmepumps", "pumps"}


@pytest.mark.parametrize(
    ("name", "beginnings"),
    [
        ("Blue Pump Trading 352", {"bluepumptrading3", "pumptrading352", "trading352", "352"}),
        ("HuaxinTech", {"huaxintech", "tech"}),
        ("Müller-Lüdenscheidt GmbH", {"mullerludenschei", "ludenscheidt"}),
        ("华信Pump机械", {"华信pump机械", "信pump机械", "pump机械", "机械"}),
        ("Завод Насос", {"заводнасос", "насос"}),
        ("3M", {"3m"}),
    ],
)
def test_a_name_is_found_from_each_of_its_words_on_a_chinese_one_from_each_letter(
    name: str, beginnings: set[str]
) -> None:
    heard = {sound[:LONGEST] for sound in sounds(name) if len(sound) > 1}

    assert keys(customer(name=name)) == beginnings | heard


def test_a_merged_customer_is_found_no_more() -> None:
    gone = customer(name="华信", merged_into="customer-2")

    assert beside(gone) == {"words": [], "marks": []}


def _is_found(name: str, part: str) -> bool:
    first, below = range_of(part)
    return any(first <= key < below for key in keys(customer(name=name)))


@given(st.text(st.sampled_from("华信机械电子"), min_size=2, max_size=30), st.data())
def test_every_part_of_a_chinese_name_is_the_beginning_of_a_key(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name) - 2))
    part = name[start : data.draw(st.integers(start + 2, len(name)))]

    assert _is_found(name, part)
    assert all(len(key) <= LONGEST for key in keys(customer(name=name)))


@given(st.lists(st.from_regex("[abcé][abcxyz0-3é]{1,11}", fullmatch=True), min_size=1, max_size=6), st.data())
def test_a_latin_name_is_found_by_the_beginning_of_every_word_that_is_no_legal_form(
    words: list[str], data: st.DataObject
) -> None:
    name = " ".join(words)
    kept = asked(name)
    part = data.draw(st.sampled_from(kept))

    assert _is_found(name, part[: data.draw(st.integers(2, len(part)))])


def test_birthdays_and_anniversaries_of_the_days_to_come_are_told_with_the_years() -> None:
    one = customer(founded_on=date(2016, 3, 5), contacts=(contact(birthday=date(1990, 3, 1)), contact("c2")))

    assert feasts_of(one, date(2026, 3, 1), 5) == [
        Feast(date(2026, 3, 5), "founding", "customer-1", "Hefei Pumps", None, None, 10),
        Feast(date(2026, 3, 1), "birthday", "customer-1", "Hefei Pumps", "contact-1", "Ann Zhao", 36),
    ]
    assert feasts_of(one, date(2026, 3, 6), 30) == []


def test_days_go_round_the_new_year() -> None:
    one = customer(contacts=(contact(birthday=date(1990, 1, 2)),))

    assert [feast.on for feast in feasts_of(one, date(2026, 12, 30), 7)] == [date(2027, 1, 2)]


@pytest.mark.parametrize(
    ("first", "on"), [(date(2027, 2, 20), date(2027, 2, 28)), (date(2028, 2, 20), date(2028, 2, 29))]
)
def test_who_was_born_on_a_leap_day_keeps_the_28th_in_a_common_year(first: date, on: date) -> None:
    one = customer(contacts=(contact(birthday=date(1992, 2, 29)),))

    assert [feast.on for feast in feasts_of(one, first, 20)] == [on]
    assert day_key(date(1992, 2, 29)) in keys_between(first, 20)


@given(
    st.dates(date(1940, 1, 1), date(2020, 12, 31)), st.dates(date(2021, 1, 1), date(2030, 12, 31)), st.integers(1, 92)
)
def test_whoever_has_a_feast_is_found_by_its_day(born: date, first: date, days: int) -> None:
    one = customer(contacts=(contact(birthday=born),))
    feasts = feasts_of(one, first, days)

    assert all(first <= feast.on < first + timedelta(days=days) for feast in feasts)
    assert not feasts or not set(beside(one)["marks"]).isdisjoint(keys_between(first, days))
