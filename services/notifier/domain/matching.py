"""Which events a subscription hears of."""

from collections.abc import Callable, Iterable
from enum import StrEnum

from backbone.contract.alerts import AlertEvent
from backbone.contract.catalogue import CATALOGUE
from backbone.contract.envelope import Envelope, EventData, OwnedEvent
from services.notifier.domain.subscription import EVERYTHING, TOPICS, Subscription

Below = Callable[[Iterable[str]], frozenset[str]]
"""Gives these teams with all teams below them."""


class Match(StrEnum):
    """Nothing to it; to be sent; or an alert about imported events: noted, never sent."""

    NO = "no"
    SEND = "send"
    SUPPRESS = "suppress"


def topics_of(subscription: Subscription) -> frozenset[str]:
    """The topics on which something for it can stand."""
    if EVERYTHING in subscription.events:
        return frozenset(TOPICS)
    return frozenset(CATALOGUE[name].topic for name in subscription.events if name in CATALOGUE)


def row_of(data: EventData) -> tuple[str | None, str | None]:
    """Whose the event is, member and team: by them row scope is decided.

    An event of the directory belongs to the member it is about; what names nobody only those see who see all.
    """
    if isinstance(data, OwnedEvent):
        return data.owner_id, data.team_id
    return getattr(data, "member_id", None), getattr(data, "team_id", None)


def match(subscription: Subscription, envelope: Envelope, below: Below) -> Match:
    """Whether an event is for a subscription; row scope is another question (see `row_of`).

    Args:
        subscription: what is wanted.
        envelope: the event.
        below: the tree of teams as it stands.
    """
    data = envelope.data
    if EVERYTHING not in subscription.events and envelope.type not in subscription.events:
        return Match.NO
    if not _passes(subscription, data, below):
        return Match.NO
    if envelope.imported is None:
        return Match.SEND
    if isinstance(data, AlertEvent):
        return Match.SUPPRESS
    return Match.SEND if subscription.filters.imported else Match.NO


def _passes(subscription: Subscription, data: EventData, below: Below) -> bool:
    filters = subscription.filters
    owner, team = row_of(data)
    if filters.owner_ids and owner not in filters.owner_ids:
        return False
    if filters.team_ids and team not in below(filters.team_ids):
        return False
    if isinstance(data, AlertEvent):
        kinds, levels = subscription.alert_kinds, filters.levels
        return (not kinds or data.kind in kinds) and (not levels or data.level in levels)
    pipeline = getattr(data, "pipeline", None)
    return not filters.pipelines or pipeline is None or pipeline in filters.pipelines
