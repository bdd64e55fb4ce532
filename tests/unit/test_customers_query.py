from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backbone.problems import Refused
from services.customers.domain.facts import Book, DealFact, Touch, facts_of
from services.customers.domain.grade_rules import (
    GradeRule,
    GradeRules,
    Regrade,
    change_rules,
    first_rules,
    is_due,
    judge_by,
    note_run,
)
from services.customers.domain.query import FACT_DAYS, MOST_DEPTH, MOST_PARTS, Facts, Today, read_query
from services.customers.domain.query_meaning import condition_of, meets
from services.customers.domain.segment import Segment, change_segment, make_segment
from tests.customers import CREATED, customer

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = Today(date(2026, 6, 1), ZONE)
NOW = datetime(2026, 6, 1, 12, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ({"all": []}, True),
        ({"field": "grade", "is": "A"}, True),
        ({"field": "grade", "in": ["B", "C"]}, False),
        ({"field": "tags", "is": "fair"}, True),
        ({"field": "tags", "in": ["x", "key"]}, True),
        ({"field": "industry", "known": False}, True),
        ({"field": "co_owners", "known": False}, True),
        ({"field": "tags", "known": True}, True),
        ({"field": "visits", "at_least": 3}, True),
        ({"field": "visits", "at_most": 2}, False),
        ({"field": "open_deals", "is": 0}, True),
        ({"field": "last_visit", "older_than_days": 12}, False),
        ({"field": "last_visit", "older_than_days": 11}, True),
        ({"field": "last_visit", "within_days": 12}, True),
        ({"field": "last_contact", "older_than_days": 1}, False),
        ({"field": "last_contact", "known": False}, True),
        ({"field": "created", "before": "2026-03-03"}, True),
        ({"field": "created", "after": "2026-03-02"}, False),
        ({"not": {"field": "grade", "is": "A"}}, False),
        ({"any": [{"field": "grade", "is": "C"}, {"field": "territory", "is": "east"}]}, True),
        ({"all": [{"field": "grade", "is": "A"}, {"field": "territory", "is": "west"}]}, False),
    ],
)
def test_a_query_holds_of_a_customer_as_it_reads(query: dict[str, Any], holds: bool) -> None:
    one = customer(grade="A", territory="east", tags=("fair", "key"))
    facts = Facts(visits=3, last_visit_at=datetime(2026, 5, 20, 23, 59, tzinfo=ZONE))

    assert meets(read_query(query), one, facts, TODAY) is holds


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        (None, "bad-query", "/query"),
        ({}, "bad-query", "/query"),
        ({"$where": "1"}, "bad-query", "/query"),
        ({"all": [{"field": "name", "is": "x"}]}, "unknown-field", "/query/all/0/field"),
        ({"field": ["grade"], "is": "A"}, "unknown-field", "/query/field"),
        ({"field": "grade", "at_least": 1}, "bad-comparison", "/query"),
        ({"field": "grade", "is": "A", "in": ["B"]}, "bad-comparison", "/query"),
        ({"field": "grade", "is": {"$ne": None}}, "bad-value", "/query/is"),
        ({"field": "grade", "in": []}, "bad-value", "/query/in"),
        ({"field": "grade", "in": ["A", {"$gt": ""}]}, "bad-value", "/query/in/1"),
        ({"field": "visits", "at_least": True}, "bad-value", "/query/at_least"),
        ({"field": "visits", "at_least": -1}, "bad-value", "/query/at_least"),
        ({"field": "last_visit", "older_than_days": 10**9}, "bad-value", "/query/older_than_days"),
        ({"field": "created", "before": "yesterday"}, "bad-value", "/query/before"),
        ({"field": "created", "before": "0001-01-01"}, "bad-value", "/query/before"),
        ({"field": "created", "known": "yes"}, "bad-value", "/query/known"),
        ({"any": []}, "bad-query", "/query/any"),
        ({"all": [{"field": "grade", "is": "A"}] * MOST_PARTS}, "query-too-large", f"/query/all/{MOST_PARTS - 1}"),
    ],
)
def test_what_is_no_query_is_refused_at_its_place(query: object, code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        read_query(query)

    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_query_is_not_bottomless() -> None:
    query: dict[str, Any] = {"field": "grade", "is": "A"}
    for _ in range(MOST_DEPTH):
        query = {"not": query}

    with pytest.raises(Refused) as refused:
        read_query(query)

    assert refused.value.code == "query-too-large"


def test_equalities_stand_flat_in_the_store_s_filter_so_that_an_index_serves_them() -> None:
    query = read_query({"all": [{"field": "owner", "is": "li"}, {"field": "grade", "in": ["A"]}]})

    assert condition_of(query, TODAY) == {"state.owner_id": "li", "state.grade": {"$in": ["A"]}}


def test_a_field_asked_for_twice_is_compared_twice() -> None:
    query = read_query({"all": [{"field": "tags", "is": "a"}, {"field": "tags", "is": "b"}]})

    assert condition_of(query, TODAY) == {"state.tags": "a", "$and": [{"state.tags": "b"}]}


def test_facts_look_back_a_year_and_count_what_was_reached() -> None:
    year = timedelta(days=FACT_DAYS)
    touches = {
        "1": Touch("visit", NOW - timedelta(days=3)),
        "2": Touch("visit", NOW - year - timedelta(days=1)),
        "3": Touch("follow-up", NOW - timedelta(days=1), reached=False),
    }
    deals = {
        "1": DealFact("open", 5, "CNY", None),
        "2": DealFact("won", 7, "CNY", NOW - timedelta(days=9)),
        "3": DealFact("won", 9, "EUR", NOW - timedelta(days=9)),
        "4": DealFact("won", 11, "CNY", NOW - year - timedelta(days=1)),
        "5": DealFact("lost", 13, "CNY", NOW),
    }

    assert facts_of(Book(touches, deals), "CNY", NOW) == Facts(
        last_visit_at=NOW - timedelta(days=3),
        last_contact_at=NOW - timedelta(days=3),
        visits=1,
        open_deals=1,
        deals_won=2,
        turnover=7,
    )


BIG = GradeRule(rule="big", grade="A", when={"field": "turnover", "at_least": 100})
SEEN = GradeRule(rule="seen", grade="B", when={"field": "visits", "at_least": 2})
RULES = GradeRules(rules=(BIG, SEEN), otherwise="C", changed_at=NOW)


@pytest.mark.parametrize(
    ("facts", "regrade"),
    [
        (Facts(turnover=100, visits=9), Regrade("customer-1", None, "A", "big")),
        (Facts(visits=2), Regrade("customer-1", None, "B", "seen")),
        (Facts(), Regrade("customer-1", None, "C", "otherwise")),
    ],
)
def test_the_first_rule_a_customer_meets_grades_it(facts: Facts, regrade: Regrade) -> None:
    assert judge_by(RULES, TODAY).judge(customer(), facts) == regrade


def test_no_rule_grades_whom_a_person_graded_for_longer_or_who_was_merged() -> None:
    judge = judge_by(RULES, TODAY)
    held = customer(grade="B", graded_by="hand", grade_holds_until_on=TODAY.day)
    over = customer(grade="B", graded_by="hand", grade_holds_until_on=TODAY.day - timedelta(days=1))

    assert judge.judge(held, Facts()) is None
    assert judge.judge(over, Facts()) == Regrade("customer-1", "B", "C", "otherwise")
    assert judge.judge(customer(merged_into="customer-2"), Facts()) is None


def test_without_an_otherwise_a_grade_stays_where_no_rule_is_met() -> None:
    rules = GradeRules(rules=(BIG,), changed_at=NOW)

    assert judge_by(rules, TODAY).judge(customer(grade="B"), Facts()) is None


def test_rules_run_when_they_are_due_and_then_after_their_days() -> None:
    rules, _ = change_rules(first_rules(NOW), NOW, rules=[BIG], otherwise=None, every_days=7)
    ran = note_run(rules, NOW, graded=3)

    assert [is_due(first_rules(NOW), NOW), is_due(rules, NOW), is_due(ran, NOW)] == [False, True, False]
    assert is_due(ran, NOW + timedelta(days=7))
    assert (ran.graded, ran.ran_at) == (3, NOW)


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ([BIG, BIG], "/rules"),
        ([GradeRule(rule="otherwise", grade="A", when={"all": []})], "/rules"),
        ([BIG, GradeRule(rule="x", grade="A", when={"field": "size", "is": "x"})], "/rules/1/when/field"),
    ],
)
def test_rules_that_cannot_be_told_apart_or_read_are_refused(rules: list[GradeRule], field: str) -> None:
    with pytest.raises(Refused) as refused:
        change_rules(first_rules(NOW), NOW, rules=rules, otherwise=None, every_days=1)

    assert refused.value.field == field


def test_a_segment_keeps_a_query_that_can_be_read() -> None:
    segment = Segment(
        segment_id="s",
        name="A",
        owner_id="li",
        team_id=None,
        query={"field": "grade", "is": "A"},
        created_at=CREATED,
        changed_at=CREATED,
    )

    assert make_segment(segment) == (segment, [])
    changed, _ = change_segment(segment, NOW, NOW, name="B", query={"field": "grade", "is": "B"})
    assert (changed.name, changed.query, changed.changed_at) == ("B", {"field": "grade", "is": "B"}, NOW)
    with pytest.raises(Refused, match="another name"):
        change_segment(segment, NOW, NOW, name="A")
    with pytest.raises(Refused, match="Ask for one of"):
        change_segment(segment, NOW, NOW, query={"field": "secret", "is": "B"})
