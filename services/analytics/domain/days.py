"""Days of the organisation, as numbers: 20171205."""

from typing import Final
from zoneinfo import ZoneInfo

from backbone.calendar import local_day
from backbone.clock import from_epoch_ms

QUARTER_MS: Final = 15 * 60_000
ODD_OFFSETS_UNTIL_MS: Final = 2 * 366 * 86_400_000
"""Until 1972 a zone (Africa/Monrovia) differed from UTC by 44 minutes and 30 seconds."""
REMEMBERED: Final = 100_000


class Days:
    """Tells on which day of a zone an instant lies.

    Zones differ from UTC by whole quarters of an hour, so their days turn on
    one; what is true of an instant is true of its quarter, and each quarter is
    worked out once.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[int, int] = {}

    def number(self, ms: int) -> int:
        """The day of an instant (ms since 1970) as yyyymmdd."""
        known = self._known.get(ms // QUARTER_MS)
        return self._work_out(ms) if known is None else known

    def _work_out(self, ms: int) -> int:
        day = local_day(from_epoch_ms(ms), self._zone)
        number = day.year * 10_000 + day.month * 100 + day.day
        if ms >= ODD_OFFSETS_UNTIL_MS:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[ms // QUARTER_MS] = number
        return number
