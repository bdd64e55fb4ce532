"""Days of the organisation, as numbers: 20171205."""

from typing import Final
from zoneinfo import ZoneInfo

from backbone.calendar import local_day
from backbone.clock import from_epoch_ms

MINUTE_MS: Final = 60_000
REMEMBERED_MINUTES: Final = 100_000


class Days:
    """Tells on which day of a zone an instant lies.

    Zones differ from UTC by whole minutes since 1972 and days turn on a whole
    minute, so what is true of an instant is true of its minute; each minute
    is worked out once.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[int, int] = {}

    def number(self, ms: int) -> int:
        """The day of an instant (ms since 1970) as yyyymmdd."""
        minute = ms // MINUTE_MS
        known = self._known.get(minute)
        return self._work_out(minute, ms) if known is None else known

    def _work_out(self, minute: int, ms: int) -> int:
        if len(self._known) >= REMEMBERED_MINUTES:
            self._known.clear()
        day = local_day(from_epoch_ms(ms), self._zone)
        number = day.year * 10_000 + day.month * 100 + day.day
        self._known[minute] = number
        return number
