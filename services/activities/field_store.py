"""Where field work keeps its objects: plans, shifts, reports, and how often customers are visited."""

from datetime import datetime
from typing import Final

import msgspec

from backbone.mongo import ASCENDING, Collection, Document, DuplicateKeyError
from backbone.outbox import Aggregates
from backbone.service import Backbone
from services.activities.domain.duties import ReportRules
from services.activities.domain.frequency import FrequencyRule, Rhythm
from services.activities.domain.planned_follow_up import PlannedFollowUp
from services.activities.domain.planned_visit import PlannedVisit
from services.activities.domain.report import Report
from services.activities.domain.shift import Shift

SOURCE: Final = "/services/activities"


class RhythmBook:
    """How customers' visits stand: a view that can be made again from the log, so it has no events and no audit.

    A document: {_id: customer, version, state}.
    """

    def __init__(self, collection: Collection) -> None:
        self.collection = collection

    async def get(self, customer_id: str) -> tuple[int, Rhythm | None]:
        """A customer's rhythm and its version; 0 and None while there is none."""
        found = await self.collection.find_one({"_id": customer_id})
        return (0, None) if found is None else (found["version"], self.read(found))

    async def put(self, rhythm: Rhythm, *, version: int) -> bool:
        """Store a rhythm in place of the version read; False when somebody was faster."""
        state = msgspec.to_builtins(rhythm)
        if version == 0:
            try:
                await self.collection.insert_one({"_id": rhythm.customer_id, "version": 1, "state": state})
            except DuplicateKeyError:
                return False
            return True
        written = await self.collection.update_one(
            {"_id": rhythm.customer_id, "version": version}, {"$set": {"version": version + 1, "state": state}}
        )
        return written.modified_count == 1

    @staticmethod
    def read(document: Document) -> Rhythm:
        """The rhythm in a document."""
        return msgspec.convert(document["state"], Rhythm)


class FieldStore:
    """The collections of field work.

    Those of visits and follow-ups themselves stand in `store.Store`.
    """

    def __init__(self, backbone: Backbone) -> None:
        base, relay = backbone.database, backbone.relay
        self.planned_visits: Aggregates[PlannedVisit] = Aggregates(
            base["planned_visits"], PlannedVisit, source=SOURCE, relay=relay
        )
        self.planned_follow_ups: Aggregates[PlannedFollowUp] = Aggregates(
            base["planned_follow_ups"], PlannedFollowUp, source=SOURCE, relay=relay
        )
        self.shifts: Aggregates[Shift] = Aggregates(base["shifts"], Shift, source=SOURCE, relay=relay)
        self.reports: Aggregates[Report] = Aggregates(base["reports"], Report, source=SOURCE, relay=relay)
        self.report_rules: Aggregates[ReportRules] = Aggregates(
            base["report_rules"], ReportRules, source=SOURCE, relay=relay
        )
        self.frequency_rule: Aggregates[FrequencyRule] = Aggregates(
            base["frequency_rule"], FrequencyRule, source=SOURCE, relay=relay
        )
        self.rhythms = RhythmBook(base["rhythms"])
        self.marks: Collection = base["rhythm_marks"]
        """What events say of a customer's visits, one small document each (see `handlers.rhythms`)."""
        self._looked: Collection = base["looked"]
        self._visits: Collection = base["visits"]

    async def ensure_indexes(self) -> None:
        """Make what the relay, the lists and the timers need."""
        await self.planned_visits.ensure_indexes("owner_id", "team_id", "customer_id", "on")
        await self.planned_follow_ups.ensure_indexes("owner_id", "team_id", "customer_id", "lead_id", "due_on")
        await self.shifts.ensure_indexes("owner_id", "team_id")
        await self.reports.ensure_indexes("owner_id", "team_id", "period")
        await self.report_rules.ensure_indexes()
        await self.frequency_rule.ensure_indexes()
        for name in ("owner_id", "team_id", "due_on", "rule_number"):
            await self.rhythms.collection.create_index([(f"state.{name}", ASCENDING)])
        await self.marks.create_index([("customer_id", ASCENDING), ("on", ASCENDING)])
        await self.marks.create_index([("into", ASCENDING)])
        # One shift and one visit under way a member: of two phones at once the store lets one begin.
        for collection in (self.shifts.collection, self._visits):
            await collection.create_index(
                [("state.member_id", ASCENDING)],
                name="one_under_way",
                unique=True,
                partialFilterExpression={"state.under_way": True},
            )

    async def looked_until(self, what: str, first: datetime) -> datetime:
        """Up to which moment a timer has looked; the first time ever it begins at `first`."""
        await self._looked.update_one({"_id": what}, {"$setOnInsert": {"until": first}}, upsert=True)
        found = await self._looked.find_one({"_id": what})
        return first if found is None else found["until"]

    async def note_looked(self, what: str, until: datetime) -> None:
        """Remember that a timer has looked up to a moment; it never goes back."""
        await self._looked.update_one({"_id": what}, {"$max": {"until": until}})
