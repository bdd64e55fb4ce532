import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.calendar import parse_period
from backbone.contract.activities import ReportCommented, ReportFiled, ReportMissed
from backbone.problems import Refused
from services.activities.domain.duties import (
    KINDS,
    SPAN_OF,
    Duty,
    Kind,
    ReportRules,
    check_rules,
    due_of,
    dues_between,
    period_for,
)
from services.activities.domain.report import Facts, Report, comment, file_report, miss_report, report_id_of

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 3, 2)
DUE = datetime(2026, 3, 2, 20, 0, tzinfo=ZONE)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=ZONE)
RULES = ReportRules()
REPORT = Report(
    report_id="report-1",
    member_id="li",
    owner_id="li",
    team_id="north",
    kind="daily",
    period="2026-03-02",
    from_on=MONDAY,
    to_on=MONDAY,
    due_at=DUE,
    state="missing",
    recorded_at=NOON,
)
WHOSE: dict[str, Any] = {"report_id": "report-1", "member_id": "li", "owner_id": "li", "team_id": "north"}
SPAN: dict[str, Any] = {"kind": "daily", "from_on": MONDAY, "to_on": MONDAY, "due_at": DUE}


def filed(now: datetime = NOON, report: Report = REPORT, today: date = MONDAY) -> Report:
    return file_report(report, now, facts=Facts(visits=3), summary="Good", plan=None, planned=("p-1",), today=today)[0]


def duty(kind: Kind) -> Duty:
    found = RULES.duty(kind)
    assert found is not None
    return found


def test_a_filed_report_keeps_the_facts_as_they_stood() -> None:
    report, events = file_report(
        REPORT, NOON, facts=Facts(visits=3), summary="Good", plan="More", planned=("p-1",), today=MONDAY
    )

    assert (report.state, report.filed_at, report.late, report.facts) == ("filed", NOON, False, Facts(visits=3))
    assert events == [ReportFiled(**WHOSE, **SPAN)]


def test_a_report_filed_after_its_hour_is_late_also_when_it_was_told_as_missing() -> None:
    missing, events = miss_report(REPORT, DUE)

    assert events == [ReportMissed(**WHOSE, **SPAN)]
    assert filed(DUE + timedelta(minutes=1), missing).late
    assert not filed(DUE).late


def test_a_report_is_filed_once_and_not_before_its_span_begins() -> None:
    for report, today, code in ((filed(), MONDAY, "filed-before"), (REPORT, date(2026, 3, 1), "not-begun")):
        with pytest.raises(Refused) as refused:
            filed(report=report, today=today)
        assert refused.value.code == code


def test_the_manager_comments_on_what_is_filed_and_nobody_on_his_own() -> None:
    said, events = comment(filed(), NOON, by_member_id="chen", text="Well done")

    assert [(one.by_member_id, one.text) for one in said.comments] == [("chen", "Well done")]
    assert events == [ReportCommented(**WHOSE, by_member_id="chen")]
    for report, by, code in ((filed(), "li", "own-report"), (REPORT, "chen", "not-filed")):
        with pytest.raises(Refused) as refused:
            comment(report, NOON, by_member_id=by, text="Hm")
        assert refused.value.code == code


def test_a_report_has_the_same_id_whoever_asks() -> None:
    one = report_id_of("li", "daily", "2026-03-02", NOON)

    assert one == report_id_of("li", "daily", "2026-03-02", NOON.astimezone(UTC))
    assert (
        len({one, report_id_of("mei", "daily", "2026-03-02", NOON), report_id_of("li", "daily", "2026-03-03", NOON)})
        == 3
    )


@pytest.mark.parametrize(
    ("kind", "period", "due_at"),
    [
        ("daily", "2026-03-02", datetime(2026, 3, 2, 20, 0, tzinfo=ZONE)),
        ("weekly", "2026-W10", datetime(2026, 3, 9, 12, 0, tzinfo=ZONE)),
        ("monthly", "2026-02", datetime(2026, 3, 1, 18, 0, tzinfo=ZONE)),
    ],
)
def test_a_report_is_due_by_the_hour_set(kind: Kind, period: str, due_at: datetime) -> None:
    assert due_of(duty(kind), period_for(kind, period), ZONE) == due_at


def test_daily_reports_are_due_on_working_days_with_holidays_and_make_up_days() -> None:
    # The week before Qingming 2026: 5 April is a Sunday, Monday is off; Saturday 28 March is made a workday here.
    rules = replace(RULES, holidays=(date(2026, 4, 6),), make_up_days=(date(2026, 3, 28),))
    first, last = datetime(2026, 3, 26, tzinfo=ZONE), datetime(2026, 4, 8, tzinfo=ZONE)

    found = [due.period.key for due in dues_between(rules, duty("daily"), first, last, ZONE)]

    assert found == [
        f"2026-{day}" for day in ("03-26", "03-27", "03-28", "03-30", "03-31", "04-01", "04-02", "04-03", "04-07")
    ]


def test_rules_that_contradict_themselves_are_refused() -> None:
    day = date(2026, 5, 1)
    for rules, code in (
        (replace(RULES, duties=(duty("daily"), duty("daily"))), "kind-twice"),
        (replace(RULES, holidays=(day,), make_up_days=(day,)), "day-twice"),
    ):
        with pytest.raises(Refused) as refused:
            check_rules(rules)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("daily", "2026-W10", "other-period"),
        ("monthly", "2026-03-02", "other-period"),
        ("weekly", "soon", "bad-period"),
    ],
)
def test_a_period_of_another_length_is_refused(kind: Kind, text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        period_for(kind, text)

    assert refused.value.code == code


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001 - hypothesis wants its bounds naive
duties = st.builds(
    Duty,
    kind=st.sampled_from(KINDS),
    hour=st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
    days_after=st.integers(0, 5),
)


@given(duties, st.lists(moments, min_size=2, max_size=5), st.sampled_from(["Asia/Shanghai", "America/New_York", "UTC"]))
def test_looking_often_finds_each_due_report_exactly_once(asked: Duty, looks: list[datetime], name: str) -> None:
    zone = ZoneInfo(name)
    looks = sorted(looks)
    first, last = looks[0], min(looks[-1], looks[0] + timedelta(days=70))
    looks = [min(look, last) for look in looks]

    often = [due for a, b in itertools.pairwise(looks) for due in dues_between(RULES, asked, a, b, zone)]

    assert often == list(dues_between(RULES, asked, first, last, zone))
    assert [due.due_at for due in often] == sorted(due.due_at for due in often)
    for due in often:
        assert first < due.due_at <= last
        assert due.due_at == due_of(asked, due.period, zone)
        assert due.period == parse_period(due.period.key)
        assert due.period.kind == SPAN_OF[asked.kind]
        assert asked.kind != "daily" or RULES.is_workday(due.period.first)
