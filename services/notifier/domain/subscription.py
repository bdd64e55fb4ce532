"""A subscription: which events somebody wants to hear of, and where they are to be sent."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from backbone.audit import secret
from backbone.contract.alerts import AlertCleared, AlertRaised
from backbone.contract.catalogue import CATALOGUE
from backbone.problems import Refused
from services.notifier.domain.channel import Destination

EVERYTHING: Final = "*"
ALERT_TYPES: Final = (AlertRaised.type, AlertCleared.type)
TOPICS: Final = ("leads", "customers", "deals", "activities", "complaints", "directory", "alerts")
"""What can be subscribed to; `boards` only moves pages, `dead-letters` holds what was refused."""
EVENT_TYPES: Final = frozenset(name for name, event in CATALOGUE.items() if event.topic in TOPICS)
LONGEST_OVERLAP: Final = timedelta(days=7)
MOST_SECRETS: Final = 5


class State(StrEnum):
    """Active, paused by a person, or disabled because nothing can be sent any more."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


class Disabling(StrEnum):
    """Why a subscription was disabled."""

    GONE = "gone"
    KEY_WITHDRAWN = "key-withdrawn"


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a subscription; an empty one lets everything pass.

    A filter holds for events that carry what it asks for; levels never keep back a visit. `team_ids` take
    the teams below them too. `imported` lets the events of an import pass (their alerts never do).
    """

    team_ids: tuple[str, ...] = ()
    owner_ids: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()
    imported: bool = False


@dataclass(frozen=True, slots=True)
class Secret:
    """A signing secret; `until` is when an old one stops being used."""

    text: str = field(metadata=secret)
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Creator:
    """In whose name a subscription hears: the row scope of this key, as it stands at each delivery.

    Only the key's hash is known here, which opens nothing (see `backbone.auth`).
    """

    key_id: str
    key_hash: str = field(metadata=secret)
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscription as it stands.

    `begins` tells where the log ended when it was made, by `topic-partition`: what stands
    before that is heard by a replay only, however far behind the notifier was at that moment.
    """

    subscription_id: str
    name: str
    owner_id: str | None
    team_id: str | None
    creator: Creator
    events: tuple[str, ...]
    alert_kinds: tuple[str, ...] = ()
    filters: Filters = Filters()
    channel: Destination
    secrets: tuple[Secret, ...]
    state: State = State.ACTIVE
    state_since: datetime
    state_reason: str | None = None
    created_at: datetime
    begins: dict[str, int] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether messages go out now."""
        return self.state is State.ACTIVE

    def signing(self, now: datetime) -> tuple[str, ...]:
        """The secrets to sign with at this moment, newest first."""
        return tuple(secret.text for secret in self.secrets if secret.until is None or now < secret.until)


def subscribe(subscription: Subscription) -> Subscription:
    """Check a new or changed subscription; kinds of alerts without events mean the alerts' own events.

    Raises:
        Refused: it wants nothing, or events nobody can subscribe to.
    """
    events = tuple(dict.fromkeys(subscription.events))
    if not events and subscription.alert_kinds:
        events = ALERT_TYPES
    if not events:
        raise Refused("nothing-wanted", "Name event types, kinds of alerts, or `*`.", field="/events")
    unknown = [name for name in events if name != EVERYTHING and name not in EVENT_TYPES]
    if unknown:
        raise Refused(
            "unknown-type", f"{unknown[0]!r} is no event to subscribe to (see docs/events.md).", field="/events"
        )
    return replace(subscription, events=events)


def pause(subscription: Subscription, now: datetime) -> Subscription:
    """Send nothing for a while; what comes meanwhile waits.

    Raises:
        Refused: it is disabled: there is nothing to pause.
    """
    if subscription.state is State.DISABLED:
        raise Refused("disabled", "This subscription is disabled already; resume it when the receiver is back.")
    return _in_state(subscription, State.PAUSED, None, now)


def resume(subscription: Subscription, now: datetime) -> Subscription:
    """Send again, after a pause or once a receiver that was gone is back.

    Raises:
        Refused: the key it heard by was withdrawn: nobody's rows are left to hear of.
    """
    if subscription.state_reason == Disabling.KEY_WITHDRAWN:
        raise Refused("key-withdrawn", "The key it heard by was withdrawn; take it over, then it hears by yours.")
    return _in_state(subscription, State.ACTIVE, None, now)


def disable(subscription: Subscription, reason: Disabling, now: datetime) -> Subscription:
    """Send nothing until a person looked after it."""
    return _in_state(subscription, State.DISABLED, reason, now)


def take_over(
    subscription: Subscription, creator: Creator, owner_id: str | None, team_id: str | None, now: datetime
) -> Subscription:
    """Let it hear in the name of another key from now on; one that lost its key can go on so."""
    taken = replace(subscription, creator=creator, owner_id=owner_id, team_id=team_id)
    lost = subscription.state_reason == Disabling.KEY_WITHDRAWN
    return _in_state(taken, State.ACTIVE, None, now) if lost else taken


def rotate(subscription: Subscription, secret: str, overlap: timedelta, now: datetime) -> Subscription:
    """Sign with a new secret, and beside it with the old ones until the overlap is over.

    Args:
        subscription: as it stands.
        secret: the new one.
        overlap: how long the receiver may take to learn the new one; nothing when the old one leaked.
        now: the present instant.

    Raises:
        Refused: too many secrets are in use at once.
    """
    end = now + min(overlap, LONGEST_OVERLAP)
    old = [replace(kept, until=min(kept.until or end, end)) for kept in subscription.secrets]
    secrets = (Secret(secret), *(kept for kept in old if kept.until is not None and now < kept.until))
    if len(secrets) > MOST_SECRETS:
        raise Refused("too-many-secrets", f"At most {MOST_SECRETS} secrets overlap; shorten overlap_seconds.")
    return replace(subscription, secrets=secrets)


def _in_state(subscription: Subscription, state: State, reason: str | None, now: datetime) -> Subscription:
    if subscription.state is state and subscription.state_reason == reason:
        return subscription
    return replace(subscription, state=state, state_reason=reason, state_since=now)
