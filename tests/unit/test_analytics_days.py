"""The day an instant lies on, as a number."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from backbone.clock import epoch_ms
from services.analytics.domain.days import Days

ZONES = st.sampled_from(
    ["Asia/Shanghai", "Europe/Amsterdam", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Monrovia", "Pacific/Apia"]
)
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2199, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001 - hypothesis wants bare bounds


@given(ZONES, MOMENTS, st.integers(-48, 48))
def test_it_is_the_calendar_day_in_the_zone_also_when_neighbours_were_asked_before(
    zone: str, moment: datetime, quarters: int
) -> None:
    days = Days(ZoneInfo(zone))
    days.number(epoch_ms(moment))
    other = moment + timedelta(minutes=15 * quarters)

    number = days.number(epoch_ms(other))

    local = datetime.fromtimestamp(epoch_ms(other) / 1000, ZoneInfo(zone))
    assert number == local.year * 10_000 + local.month * 100 + local.day
