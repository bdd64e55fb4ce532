from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backbone.problems import Refused
from services.notifier.domain.channel import Destination, Kind
from services.notifier.domain.subscription import (
    Creator,
    Disabling,
    Secret,
    State,
    Subscription,
    disable,
    pause,
    resume,
    rotate,
    subscribe,
    take_over,
)

NOW = datetime(2017, 12, 5, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
DAY = timedelta(days=1)
SUBSCRIPTION = Subscription(
    subscription_id="s1",
    name="to the ERP",
    owner_id="lin",
    team_id="north",
    creator=Creator("k1", "hash", "rep"),
    events=("alert-raised",),
    channel=Destination(Kind.WEBHOOK, "https://example.com/"),
    secrets=(Secret("whsec_1"),),
    state_since=NOW,
    created_at=NOW,
)
DISABLED = replace(SUBSCRIPTION, state=State.DISABLED, state_reason="gone", state_since=LATER)


def test_what_is_wanted_twice_is_kept_once() -> None:
    wanted = replace(SUBSCRIPTION, events=("visit-logged", "*", "visit-logged"))

    assert subscribe(wanted).events == ("visit-logged", "*")


def test_kinds_of_alerts_alone_mean_the_events_of_alerts() -> None:
    assert subscribe(replace(SUBSCRIPTION, events=(), alert_kinds=("first-reply",))).events == (
        "alert-raised",
        "alert-cleared",
    )


@pytest.mark.parametrize(
    ("events", "code"),
    [((), "nothing-wanted"), (("visit-loged",), "unknown-type"), (("board-changed",), "unknown-type"),
     (("event-rejected",), "unknown-type")],
)  # fmt: skip
def test_nothing_and_what_nobody_can_subscribe_to_is_refused(events: tuple[str, ...], code: str) -> None:
    with pytest.raises(Refused) as refused:
        subscribe(replace(SUBSCRIPTION, events=events))

    assert (refused.value.code, refused.value.field) == (code, "/events")


def test_a_pause_lasts_until_it_is_resumed() -> None:
    paused = pause(SUBSCRIPTION, LATER)

    assert paused == replace(SUBSCRIPTION, state=State.PAUSED, state_since=LATER)
    assert pause(paused, LATER + DAY) == paused
    assert resume(paused, LATER + DAY) == replace(SUBSCRIPTION, state_since=LATER + DAY)


def test_what_is_disabled_says_why_and_can_be_resumed_but_not_paused() -> None:
    assert disable(SUBSCRIPTION, Disabling.GONE, LATER) == DISABLED
    assert resume(DISABLED, LATER + DAY).active
    with pytest.raises(Refused):
        pause(DISABLED, LATER)


def test_who_takes_over_hears_by_his_own_key_and_a_lost_key_stops_it_no_longer() -> None:
    lost = disable(SUBSCRIPTION, Disabling.KEY_WITHDRAWN, NOW)
    boss = Creator("k2", "other", "manager")

    with pytest.raises(Refused, match="take it over"):
        resume(lost, LATER)
    assert take_over(lost, boss, "wang", "china", LATER) == replace(
        SUBSCRIPTION, creator=boss, owner_id="wang", team_id="china", state_since=LATER
    )
    assert take_over(DISABLED, boss, "wang", "china", LATER).state is State.DISABLED


def test_an_old_secret_goes_on_beside_the_new_one_until_the_overlap_is_over() -> None:
    rotated = rotate(SUBSCRIPTION, "whsec_2", DAY, NOW)

    assert rotated.secrets == (Secret("whsec_2"), Secret("whsec_1", NOW + DAY))
    assert rotated.signing(NOW) == ("whsec_2", "whsec_1")
    assert rotated.signing(NOW + DAY) == ("whsec_2",)


def test_a_leaked_secret_is_left_at_once_and_a_later_rotation_never_makes_an_old_one_last_longer() -> None:
    short = rotate(rotate(SUBSCRIPTION, "whsec_2", timedelta(hours=1), NOW), "whsec_3", DAY, NOW)

    assert rotate(SUBSCRIPTION, "whsec_2", timedelta(0), NOW).secrets == (Secret("whsec_2"),)
    assert short.secrets == (Secret("whsec_3"), Secret("whsec_2", NOW + DAY), Secret("whsec_1", LATER))
    assert rotate(short, "whsec_4", DAY, LATER).signing(LATER) == ("whsec_4", "whsec_3", "whsec_2")


def test_secrets_that_overlap_have_a_bound() -> None:
    many = SUBSCRIPTION
    for number in range(2, 6):
        many = rotate(many, f"whsec_{number}", DAY, NOW)

    with pytest.raises(Refused, match="overlap"):
        rotate(many, "whsec_6", DAY, NOW)
