"""What the use cases of activities work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from backbone.calendar import local_day
from backbone.members import Members
from backbone.siblings import Siblings
from services.activities.field_store import FieldStore
from services.activities.settings import ComplaintSettings, FieldSettings
from services.activities.sites import Sites
from services.activities.store import Store


@dataclass(frozen=True)
class Desk:
    """The stores, the member book, the siblings and the clock; `zone` is the organisation's."""

    store: Store
    field: FieldStore
    members: Members
    siblings: Siblings
    sites: Sites
    now: Callable[[], datetime]
    zone: ZoneInfo
    complaint_settings: ComplaintSettings
    field_settings: FieldSettings

    @property
    def today(self) -> date:
        """The day it is where the organisation is."""
        return local_day(self.now(), self.zone)

    @property
    def close_after_seconds(self) -> int:
        """After how long a resolved complaint closes by itself unless its policy says."""
        return self.complaint_settings.close_after_seconds
