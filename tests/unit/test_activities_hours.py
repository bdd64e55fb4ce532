from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from services.activities.domain.hours import Opening, Span, open_on
from services.activities.domain.route import openings

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 3, 2)


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def test_a_customer_is_open_in_the_stretches_of_that_weekday_in_their_order() -> None:
    hours = [
        Opening(weekday=1, opens="14:00", closes="18:00"),
        Opening(weekday=2, opens="10:00", closes="11:00"),
        Opening(weekday=1, opens="09:00", closes="12:00"),
    ]

    assert open_on(hours, MONDAY, SHANGHAI) == (
        Span(datetime(2026, 3, 2, 9, tzinfo=SHANGHAI), datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)),
        Span(datetime(2026, 3, 2, 14, tzinfo=SHANGHAI), datetime(2026, 3, 2, 18, tzinfo=SHANGHAI)),
    )
    assert open_on(hours, date(2026, 3, 7), SHANGHAI) == ()


def test_hours_nobody_knows_are_the_whole_day_also_when_clocks_are_turned() -> None:
    berlin = ZoneInfo("Europe/Berlin")

    for day, hours in ((MONDAY, 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        (span,) = open_on([], day, berlin)
        assert span.ends.timestamp() - span.begins.timestamp() == timedelta(hours=hours).total_seconds()


@given(st.integers(0, 1438), st.integers(1, 600), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_a_visit_that_begins_in_an_opening_ends_before_it_closes(opens: int, stay: int, day: date) -> None:
    closes = min(opens + 300, 1439)
    hours = [Opening(weekday=day.isoweekday(), opens=clock(opens), closes=clock(closes))]
    spans = [(round(s.begins.timestamp()), round(s.ends.timestamp())) for s in open_on(hours, day, SHANGHAI)]

    starts = openings(spans, stay * 60)

    assert bool(starts) == (closes - opens >= stay)
    assert all(spans[0][0] <= first <= last <= spans[0][1] - stay * 60 for first, last in starts)
