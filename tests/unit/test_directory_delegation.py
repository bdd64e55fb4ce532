from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backbone.contract.directory import DelegationEnded, DelegationStarted
from backbone.problems import Refused
from services.directory.domain.delegation import DEPUTY_LEFT, MEMBER_LEFT, OVER, Delegation, end, overdue, start
from services.directory.domain.member import Member

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOLIDAY = Delegation(
    delegation_id="d",
    member_id="mei",
    team_id="north",
    delegate_id="li",
    agreed_at=NOW,
    starts_at=NOW,
    ends_at=NOW + 7 * DAY,
)


def refusal(delegation: Delegation, *known: Delegation) -> str:
    with pytest.raises(Refused) as refused:
        start(delegation, known, NOW)
    return refused.value.code


def test_it_is_told_when_it_is_agreed_with_the_moment_from_which_it_holds() -> None:
    later = replace(HOLIDAY, starts_at=NOW + DAY)

    state, events = start(later, [], NOW)

    assert state == later
    assert events == [
        DelegationStarted(
            delegation_id="d", member_id="mei", delegate_id="li", starts_at=NOW + DAY, ends_at=NOW + 7 * DAY
        )
    ]


def test_a_beginning_a_moment_ago_means_now() -> None:
    state, _ = start(replace(HOLIDAY, starts_at=NOW - timedelta(minutes=1)), [], NOW)

    assert state.starts_at == NOW


@pytest.mark.parametrize(
    ("delegation", "code"),
    [
        (replace(HOLIDAY, delegate_id="mei"), "own-deputy"),
        (replace(HOLIDAY, starts_at=NOW - DAY), "too-early"),
        (replace(HOLIDAY, ends_at=NOW), "ends-before-it-begins"),
    ],
)
def test_it_is_refused_when_it_makes_no_sense(delegation: Delegation, code: str) -> None:
    assert refusal(delegation) == code


def test_nobody_stands_in_twice_for_the_same_member_at_a_time() -> None:
    assert refusal(replace(HOLIDAY, delegation_id="other"), HOLIDAY) == "deputy-already"


def test_who_is_away_himself_stands_in_for_nobody() -> None:
    away = Delegation(
        delegation_id="x", member_id="li", delegate_id="wang", agreed_at=NOW, starts_at=NOW + DAY, ends_at=None
    )

    assert refusal(HOLIDAY, away) == "deputy-away"


def test_a_deputy_who_is_back_before_it_begins_is_taken() -> None:
    away = Delegation(
        delegation_id="x", member_id="li", delegate_id="wang", agreed_at=NOW, starts_at=NOW - DAY, ends_at=NOW
    )

    state, _ = start(HOLIDAY, [away], NOW)

    assert state == HOLIDAY


def test_what_was_ended_stands_in_nobodys_way() -> None:
    ended, _ = end(HOLIDAY, "back-early", NOW)

    state, _ = start(replace(HOLIDAY, delegation_id="again"), [ended], NOW)

    assert state.delegation_id == "again"


@pytest.mark.parametrize(
    ("at", "held"),
    [(NOW - timedelta(seconds=1), False), (NOW, True), (NOW + 7 * DAY, False), (NOW + 6 * DAY, True)],
)
def test_it_holds_from_its_beginning_to_its_end_whoever_has_noted_it(at: datetime, held: bool) -> None:
    assert HOLIDAY.holds(at) is held


def test_it_holds_no_more_when_it_was_ended_by_hand() -> None:
    state, events = end(HOLIDAY, "back-early", NOW + DAY)

    assert not state.holds(NOW + DAY)
    assert (state.ended_at, state.end_reason) == (NOW + DAY, "back-early")
    assert events == [DelegationEnded(delegation_id="d", member_id="mei", delegate_id="li", reason="back-early")]


def test_it_ends_once() -> None:
    ended, _ = end(HOLIDAY, None, NOW)
    with pytest.raises(Refused):
        end(ended, None, NOW + DAY)
    with pytest.raises(Refused):
        end(HOLIDAY, None, NOW + 8 * DAY)


MEI = Member(member_id="mei", name="Mei", role="rep")
LI = Member(member_id="li", name="Li", role="rep")
GONE = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("member", "deputy", "now", "due"),
    [
        pytest.param(MEI, LI, NOW + DAY, None, id="both are here"),
        pytest.param(MEI, LI, NOW + 30 * DAY, (NOW + 7 * DAY, OVER), id="it is over"),
        pytest.param(replace(MEI, left_at=GONE), LI, NOW + DAY, (NOW + DAY, MEMBER_LEFT), id="the member left"),
        pytest.param(MEI, replace(LI, left_at=GONE), NOW + DAY, (NOW + DAY, DEPUTY_LEFT), id="the deputy left"),
        pytest.param(None, LI, NOW + 8 * DAY, (NOW + 7 * DAY, OVER), id="over first, whoever left"),
        pytest.param(
            MEI, replace(LI, was_away_until=GONE), NOW + DAY, (NOW + DAY, DEPUTY_LEFT), id="he left and is back"
        ),
        pytest.param(MEI, replace(LI, was_away_until=NOW - DAY), NOW + DAY, None, id="he was back before"),
    ],
)
def test_it_ends_by_itself_at_its_own_end_or_when_either_leaves(
    member: Member | None, deputy: Member | None, now: datetime, due: tuple[datetime, str] | None
) -> None:
    assert overdue(HOLIDAY, member, deputy, now) == due


def test_what_is_over_can_be_noted_late_at_the_moment_it_ended() -> None:
    state, _ = end(HOLIDAY, OVER, NOW + 7 * DAY)

    assert state.ended_at == NOW + 7 * DAY
