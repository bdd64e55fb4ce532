from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from backbone.contract.activities import FollowUpLogged, FollowUpVoided
from backbone.problems import Refused
from services.activities.domain.follow_up import FollowUp, log_follow_up, void_follow_up

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CALL = FollowUp(
    follow_up_id="follow-up-1",
    member_id="li",
    owner_id="li",
    team_id="north",
    customer_id="customer-1",
    kind="call",
    reached=True,
    happened_at=NOW - timedelta(hours=3),
    recorded_at=NOW,
)


def test_a_logged_call_tells_whether_the_other_side_was_reached_and_what_came_of_it() -> None:
    call = replace(CALL, direction="inbound", duration_seconds=95, outcome="wants-offer", next_step_on=date(2026, 3, 9))

    assert log_follow_up(call, NOW) == (
        call,
        [
            FollowUpLogged(
                follow_up_id="follow-up-1",
                member_id="li",
                owner_id="li",
                team_id="north",
                customer_id="customer-1",
                kind="call",
                direction="inbound",
                reached=True,
                duration_seconds=95,
                outcome="wants-offer",
                next_step_on=date(2026, 3, 9),
            )
        ],
    )


def test_a_lead_is_followed_up_like_a_customer() -> None:
    mail = replace(CALL, customer_id=None, lead_id="lead-1", kind="mail")

    assert log_follow_up(mail, NOW)[0] == mail


@pytest.mark.parametrize(
    ("follow_up", "code"),
    [
        pytest.param(replace(CALL, customer_id=None), "one-counterpart", id="with nobody"),
        pytest.param(replace(CALL, lead_id="lead-1"), "one-counterpart", id="with two"),
        pytest.param(replace(CALL, happened_at=NOW + timedelta(minutes=6)), "future-time", id="in the future"),
        pytest.param(replace(CALL, duration_seconds=86_401), "too-long", id="for longer than a day"),
        pytest.param(replace(CALL, kind="mail", duration_seconds=60), "no-duration", id="a mail that lasts"),
        pytest.param(replace(CALL, kind="message", duration_seconds=60), "no-duration", id="a message that lasts"),
    ],
)
def test_a_follow_up_that_cannot_have_been_is_refused(follow_up: FollowUp, code: str) -> None:
    with pytest.raises(Refused) as refused:
        log_follow_up(follow_up, NOW)

    assert refused.value.code == code


def test_a_voided_follow_up_says_when_and_why() -> None:
    voided, events = void_follow_up(CALL, "logged-twice", NOW)

    assert voided == replace(CALL, voided_at=NOW, void_reason="logged-twice")
    assert events == [
        FollowUpVoided(
            follow_up_id="follow-up-1", member_id="li", owner_id="li", team_id="north", reason="logged-twice"
        )
    ]


def test_a_follow_up_is_voided_only_once() -> None:
    voided, _ = void_follow_up(CALL, "logged-twice", NOW)

    with pytest.raises(Refused, match="void already"):
        void_follow_up(voided, "again", NOW)
