"""Where activities keep their objects: one collection a noun, events inside the documents."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from backbone.at_hand import AtHand
from backbone.mongo import ASCENDING, Document, DuplicateKeyError, insert_new
from backbone.outbox import Aggregates
from backbone.service import Backbone
from services.activities.complaint_index import ensure_found
from services.activities.domain.article import Article
from services.activities.domain.assigning import AssignmentRule, Turns
from services.activities.domain.complaint_form import ComplaintForm
from services.activities.domain.finding import beside
from services.activities.domain.follow_up import FollowUp
from services.activities.domain.policy import Policy
from services.activities.domain.story import Complaint
from services.activities.domain.survey import Survey
from services.activities.domain.visit import Visit
from services.activities.domain.words import keys_of

SOURCE: Final = "/services/activities"
MOST_IN_FORCE: Final = 1_000
"""Of a kind."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InForce:
    """The policies and rules that hold for new complaints."""

    policies: Sequence[Policy]
    rules: Sequence[AssignmentRule]

    def policy(self, policy_id: str) -> Policy | None:
        """The one of this id; None when it is not in force."""
        return next((policy for policy in self.policies if policy.policy_id == policy_id), None)


class Store:
    """The collections of this service."""

    def __init__(self, backbone: Backbone) -> None:
        self.visits: Aggregates[Visit] = Aggregates(
            backbone.database["visits"], Visit, source=SOURCE, relay=backbone.relay
        )
        self.follow_ups: Aggregates[FollowUp] = Aggregates(
            backbone.database["follow_ups"], FollowUp, source=SOURCE, relay=backbone.relay
        )
        self.complaints: Aggregates[Complaint] = Aggregates(
            backbone.database["complaints"], Complaint, source=SOURCE, relay=backbone.relay, derived=beside
        )
        self.policies: Aggregates[Policy] = Aggregates(
            backbone.database["policies"], Policy, source=SOURCE, relay=backbone.relay
        )
        self.rules: Aggregates[AssignmentRule] = Aggregates(
            backbone.database["assignment_rules"], AssignmentRule, source=SOURCE, relay=backbone.relay
        )
        self.in_force: AtHand[InForce] = AtHand(self._look, InForce((), ()))
        self.turns = backbone.database["assignment_turns"]
        """Whose turn it is, one document a rule: `{_id: rule id, count, last: [[member id, turn], ...]}`."""
        self.forms: Aggregates[ComplaintForm] = Aggregates(
            backbone.database["complaint_forms"], ComplaintForm, source=SOURCE, relay=backbone.relay
        )
        self.articles: Aggregates[Article] = Aggregates(
            backbone.database["articles"], Article, source=SOURCE, relay=backbone.relay, derived=_found_by
        )
        self.editions = backbone.database["article_editions"]
        """What articles said before, `_id` = `<article id>|<edition>`; written before the change that replaces it."""
        self.surveys: Aggregates[Survey] = Aggregates(
            backbone.database["surveys"], Survey, source=SOURCE, relay=backbone.relay
        )

    async def ensure_indexes(self) -> None:
        """Make what the relay and the lists need.

        Fields with few values (a state, a stage) get no index: newest first, a walk by id meets
        them soon, and a planner that took such an index would pass the owner's by.
        """
        await self.visits.ensure_indexes("owner_id", "team_id", "customer_id", "started_at")
        await self.follow_ups.ensure_indexes("owner_id", "team_id", "customer_id", "lead_id", "happened_at")
        await self.complaints.ensure_indexes("owner_id", "team_id", "customer_id", "opened_at")
        await self._ensure_complaint_indexes()

    async def turn_taken(self, rule_id: str, before: Turns, after: Turns) -> bool:
        """Take a turn of a rule; False when somebody else took it first."""
        told = {"count": after.count, "last": [list(one) for one in after.last]}
        if before.count == 0:
            try:
                await self.turns.insert_one({"_id": rule_id, **told})
            except DuplicateKeyError:
                return False
            return True
        written = await self.turns.update_one({"_id": rule_id, "count": before.count}, {"$set": told})
        return bool(written.modified_count)

    async def keep_edition(self, article: Article) -> None:
        """Keep what an article says as an edition of its own; a second time changes nothing."""
        document: Document = {"_id": f"{article.article_id}|{article.edition}", **_plain(article)}
        await insert_new(self.editions, [document])

    async def _look(self) -> InForce:
        policies, rules = await asyncio.gather(_active(self.policies), _active(self.rules))
        return InForce(policies, rules)

    async def _ensure_complaint_indexes(self) -> None:
        await ensure_found(self.complaints)
        await self.policies.ensure_indexes()
        await self.policies.collection.create_index(
            [("state.place", ASCENDING)], unique=True, partialFilterExpression={"state.active": True}
        )
        await self.rules.ensure_indexes()
        for tokened in (self.forms.collection, self.surveys.collection):
            await tokened.create_index([("state.token_hash", ASCENDING)], unique=True)
        await self.forms.ensure_indexes()
        await self.surveys.ensure_indexes("owner_id", "team_id", "complaint_id", "visit_id")
        await self.articles.ensure_indexes()
        await self.articles.collection.create_index([("keys", ASCENDING)])


async def _active(rows: Aggregates[T]) -> list[T]:
    documents = await rows.collection.find({"state.active": True}).to_list(MOST_IN_FORCE)
    return [rows.read(document).state for document in documents]


def _found_by(article: Article) -> Document:
    return {"keys": list(keys_of(article.title, article.body, article.tags))}


def _plain(article: Article) -> Document:
    plain: Document = msgspec.to_builtins(article, builtin_types=(datetime,))
    return plain
