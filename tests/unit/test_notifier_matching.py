from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from backbone.contract.activities import VisitLogged
from backbone.contract.alerts import AlertCleared, AlertRaised
from backbone.contract.deals import DealWon
from backbone.contract.directory import DelegationStarted, MemberJoined, TeamChanged
from backbone.contract.envelope import Envelope, EventData, seal
from backbone.contract.leads import LeadReleased
from backbone.contract.papers import PaymentReceived
from services.notifier.domain.channel import Destination, Kind
from services.notifier.domain.matching import Match, match, row_of, topics_of
from services.notifier.domain.subscription import TOPICS, Creator, Filters, Secret, Subscription

NOW = datetime(2017, 12, 5, 9, 0, tzinfo=UTC)
VISIT = VisitLogged(
    visit_id="v1", member_id="lin", customer_id="c1", owner_id="lin", team_id="north", started_at=NOW, ended_at=NOW
)
ALERT = AlertRaised(
    alert_id="c1|first-reply|breach",
    kind="first-reply",
    level="breach",
    subject="c1",
    owner_id="lin",
    team_id="north",
    effective_at=NOW,
)
WON = DealWon(
    deal_id="d1", customer_id="c1", pipeline="crm", stage="won", amount=100, currency="CNY", owner_id="lin",
    team_id="north",
)  # fmt: skip


def event(data: EventData, imported: str | None = None) -> Envelope:
    return seal(data, source="/services/test", time=NOW, imported=imported)


def below(teams: Iterable[str]) -> frozenset[str]:
    return frozenset(teams) | ({"north"} if "china" in set(teams) else set())


def hears(events: tuple[str, ...], filters: Filters | None = None, kinds: tuple[str, ...] = ()) -> Subscription:
    return Subscription(
        subscription_id="s1",
        name="test",
        owner_id=None,
        team_id=None,
        creator=Creator("k1", "hash", "admin"),
        events=events,
        alert_kinds=kinds,
        filters=filters or Filters(),
        channel=Destination(Kind.WEBHOOK, "https://example.com/"),
        secrets=(Secret("whsec_1"),),
        state_since=NOW,
        created_at=NOW,
    )


@pytest.mark.parametrize(
    ("subscription", "data", "verdict"),
    [
        (hears(("visit-logged",)), VISIT, Match.SEND),
        (hears(("*",)), VISIT, Match.SEND),
        (hears(("deal-won",)), VISIT, Match.NO),
        (hears(("alert-raised",)), ALERT, Match.SEND),
        (hears(("alert-raised",), kinds=("first-reply",)), ALERT, Match.SEND),
        (hears(("alert-raised",), kinds=("resolution",)), ALERT, Match.NO),
        (hears(("*",), kinds=("resolution",)), VISIT, Match.SEND),
        (hears(("*",), Filters(levels=("breach",))), ALERT, Match.SEND),
        (hears(("*",), Filters(levels=("warning",))), ALERT, Match.NO),
        (hears(("*",), Filters(levels=("warning",))), VISIT, Match.SEND),
        (hears(("*",), Filters(team_ids=("north",))), VISIT, Match.SEND),
        (hears(("*",), Filters(team_ids=("china",))), VISIT, Match.SEND),
        (hears(("*",), Filters(team_ids=("south",))), VISIT, Match.NO),
        (hears(("*",), Filters(owner_ids=("wang", "lin"))), VISIT, Match.SEND),
        (hears(("*",), Filters(owner_ids=("wang",))), ALERT, Match.NO),
        (hears(("*",), Filters(pipelines=("crm",))), WON, Match.SEND),
        (hears(("*",), Filters(pipelines=("loans",))), WON, Match.NO),
        (hears(("*",), Filters(pipelines=("loans",))), VISIT, Match.SEND),
    ],
)
def test_an_event_is_for_whoever_wants_its_type_and_lets_it_pass(
    subscription: Subscription, data: EventData, verdict: Match
) -> None:
    assert match(subscription, event(data), below) is verdict


@pytest.mark.parametrize(
    ("data", "imported_too", "verdict"),
    [
        (VISIT, False, Match.NO),
        (VISIT, True, Match.SEND),
        (ALERT, False, Match.SUPPRESS),
        (ALERT, True, Match.SUPPRESS),
    ],
)
def test_of_an_import_events_pass_when_asked_for_and_alerts_are_only_noted(
    data: EventData, imported_too: bool, verdict: Match
) -> None:
    assert match(hears(("*",), Filters(imported=imported_too)), event(data, "helpdesk"), below) is verdict


def test_an_alert_of_an_import_that_is_not_wanted_is_not_even_noted() -> None:
    assert match(hears(("*",), Filters(levels=("warning",))), event(ALERT, "helpdesk"), below) is Match.NO


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (VISIT, ("lin", "north")),
        (LeadReleased(lead_id="l1", owner_id=None, team_id=None, from_owner_id="lin", reason="idle"), (None, None)),
        (MemberJoined(member_id="lin", name="Lin", role="rep", team_id="north"), ("lin", "north")),
        (TeamChanged(team_id="north", name="North", parent_id=None), (None, "north")),
        (
            DelegationStarted(delegation_id="x", member_id="lin", delegate_id="wang", starts_at=NOW),
            ("lin", None),
        ),
    ],
)
def test_an_event_belongs_to_its_owner_and_one_of_the_directory_to_whom_it_is_about(
    data: EventData, row: tuple[str | None, str | None]
) -> None:
    assert row_of(data) == row


def test_only_topics_that_can_hold_something_wanted_are_looked_at() -> None:
    assert topics_of(hears(("visit-logged", "alert-raised"))) == {"activities", "alerts"}
    assert topics_of(hears(("*", "visit-logged"))) == set(TOPICS)
    assert {AlertCleared.topic, PaymentReceived.topic} <= set(TOPICS)
