"""The page steps through periods by itself; it must cut them where the API does."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from backbone.calendar import KINDS, local_day, parse_period, period_of
from tests.javascript import run

DAYS = [date(2015, 12, 20) + timedelta(days=count) for count in range(4_100)]
BOUNDED = [kind for kind in KINDS if kind != "all"]


def parts(day: date) -> list[int]:
    return [day.year, day.month, day.day]


def test_a_day_lies_in_the_same_period_for_the_page_as_for_the_api() -> None:
    found = run(
        "periods",
        "return given.days.map((day) => given.kinds.map((kind) => it.periodOf(day, kind)));",
        {"days": [parts(day) for day in DAYS], "kinds": KINDS},
    )

    assert found == [[period_of(day, kind).key for kind in KINDS] for day in DAYS]


def test_a_period_begins_and_ends_on_the_same_days() -> None:
    keys = sorted({period_of(day, kind).key for day in DAYS for kind in BOUNDED})

    found = run("periods", "return given.map((key) => it.daysOf(key));", keys)

    periods = [parse_period(key) for key in keys]
    assert found == [[parts(period.first), parts(period.last)] for period in periods]


def test_a_step_leads_to_the_neighbouring_period() -> None:
    keys = sorted({period_of(day, kind).key for day in DAYS for kind in BOUNDED})

    found = run("periods", "return given.map((key) => [it.stepped(key, -1), it.stepped(key, 1)]);", keys)

    periods = [parse_period(key) for key in keys]
    assert found == [
        [
            period_of(period.first - timedelta(days=1), period.kind).key,
            period_of(period.last + timedelta(days=1), period.kind).key,
        ]
        for period in periods
    ]


def test_a_text_that_names_no_period_is_none() -> None:
    texts = ["", "2017-13", "2017-02-29", "2015-W54", "2017-W00", "2017-Q5", "0000", "2017-1-1", "day", "all"]

    assert run("periods", "return given.map((text) => it.daysOf(text));", texts) == [None] * len(texts)


def test_today_is_the_day_where_the_organisation_is() -> None:
    moments = [datetime(2026, 1, 1, hour, 59, 59, tzinfo=UTC) for hour in range(24)]
    zones = ["Asia/Shanghai", "UTC", "America/New_York", "Pacific/Kiritimati"]

    found = run(
        "periods",
        "return given.zones.map((zone) => given.moments.map((ms) => it.localDay(ms, zone)));",
        {"moments": [int(moment.timestamp() * 1000) for moment in moments], "zones": zones},
    )

    assert found == [[parts(local_day(moment, ZoneInfo(zone))) for moment in moments] for zone in zones]
