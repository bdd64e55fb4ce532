"""Where field work keeps its objects: plans, shifts, reports, and how often customers are visited."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from backbone.mongo import ASCENDING, Collection, Document, UpdateOne, insert_new
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

    async def get(self, customer_ids: Sequence[str]) -> dict[str, tuple[int, Rhythm | None]]:
        """Customers' rhythms and their versions; 0 and None where there is none."""
        stood: dict[str, tuple[int, Rhythm | None]] = dict.fromkeys(customer_ids, (0, None))
        async for document in self.collection.find({"_id": {"$in": list(customer_ids)}}):
            stood[document["_id"]] = (document["version"], self.read(document))
        return stood

    async def put(self, rhythms: Sequence[Rhythm], before: Mapping[str, tuple[int, Rhythm | None]]) -> list[str]:
        """Store rhythms in place of the versions read; whose are to be worked out again, as somebody was faster."""
        fresh = [rhythm for rhythm in rhythms if before[rhythm.customer_id][0] == 0]
        refused = await insert_new(
            self.collection,
            [{"_id": one.customer_id, "version": 1, "state": msgspec.to_builtins(one)} for one in fresh],
        )
        again = [fresh[place].customer_id for place in refused]
        known = {
            one.customer_id: (before[one.customer_id][0], one) for one in rhythms if before[one.customer_id][0] > 0
        }
        steps = [
            UpdateOne(
                {"_id": customer_id, "version": version},
                {"$set": {"version": version + 1, "state": msgspec.to_builtins(rhythm)}},
            )
            for customer_id, (version, rhythm) in known.items()
        ]
        # The store does not say which of them somebody else was faster at: all are looked at again.
        if steps and (await self.collection.bulk_write(steps, ordered=False)).modified_count < len(steps):
            again.extend(known)
        return again

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
        # Few marks have it. Not into_1: an earlier version made that one of all.
        await self.marks.create_index([("into", ASCENDING)], sparse=True, name="went_into")
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
