from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backbone.contract.activities import VisitLogged, VisitVoided
from backbone.contract.complaints import ComplaintClosed, ComplaintOpened, ComplaintReplied
from backbone.contract.deals import Credit, DealLost, DealOpened, DealReopened, DealWon, StageChanged
from backbone.contract.envelope import Envelope, EventData, seal
from drumbeat.recount import Recount

NOON = datetime(2017, 12, 5, 4, tzinfo=UTC)
DAY = date(2017, 12, 5)


def told(data: EventData, *, at: datetime = NOON, **attributes: Any) -> Envelope:
    return seal(data, source="urn:test", time=at, recordedtime=at, **attributes)


def recounted(*events: Envelope) -> Recount:
    recount = Recount(ZoneInfo("Asia/Shanghai"), "CNY")
    for event in events:
        recount.take(event)
    return recount


def visit(visit_id: str = "v1") -> VisitLogged:
    return VisitLogged(
        visit_id=visit_id, member_id="anna", owner_id="anna", team_id="north", customer_id="c1", started_at=NOON
    )


def opened() -> DealOpened:
    return DealOpened(
        deal_id="d1", owner_id="anna", team_id="north", pipeline="crm", stage="new", amount=100, currency="CNY"
    )


def moved(to_stage: str) -> StageChanged:
    return StageChanged(
        deal_id="d1",
        owner_id="anna",
        team_id="north",
        pipeline="crm",
        from_stage="new",
        to_stage=to_stage,
        amount=100,
        currency="CNY",
    )


def won(amount: int = 100, shares: tuple[Credit, ...] = ()) -> DealWon:
    return DealWon(
        deal_id="d1",
        owner_id="anna",
        team_id="north",
        pipeline="crm",
        stage="offer",
        amount=amount,
        currency="CNY",
        credits=shares,
    )


def test_an_id_counts_once_however_often_it_stands_on_the_log() -> None:
    event = told(visit())

    recount = recounted(event, event, told(visit("v2")))

    assert recount.standings() == {("visits", "anna", "north", DAY): 2}
    assert (recount.events, recount.duplicates) == (2, 1)


@pytest.mark.parametrize("void_first", [False, True])
def test_a_void_takes_the_visit_away_whichever_comes_first(void_first: bool) -> None:
    void = told(VisitVoided(visit_id="v1", member_id="anna", owner_id="anna", reason="mistake"))
    events = [told(visit()), void]

    assert recounted(*(reversed(events) if void_first else events)).standings() == {}


def test_an_undated_event_counts_in_no_period_but_stands_in_its_funnel() -> None:
    recount = recounted(told(opened(), undated=True), told(won(), undated=True))

    assert recount.standings() == {}
    assert recount.funnels()["crm"].won == [1, 100]


def test_shares_of_a_win_add_up_to_the_last_minor_unit() -> None:
    shares = tuple(Credit(member_id=member, share=1 / 3) for member in ("anna", "bert", "carl"))
    thirds = (*shares[:2], Credit(member_id="carl", share=1 - 2 / 3))

    amounts = {
        member: value
        for (metric, member, _, _), value in recounted(told(opened()), told(won(100, thirds))).standings().items()
        if metric == "won-amount"
    }

    assert sum(amounts.values()) == 100
    assert sorted(amounts.values()) == [33, 33, 34]


def test_a_reopened_deal_is_no_win_and_stands_again() -> None:
    again = DealReopened(
        deal_id="d1",
        owner_id="anna",
        team_id="north",
        pipeline="crm",
        from_outcome="won",
        stage="offer",
        amount=100,
        currency="CNY",
    )

    recount = recounted(told(opened()), told(moved("offer")), told(won()), told(again))
    funnel = recount.funnels()["crm"]

    assert recount.standings() == {}
    assert (funnel.entered, funnel.standing, funnel.won) == ({"new": 1, "offer": 1}, {"offer": 1}, [0, 0])


def test_a_decision_holds_until_the_deal_is_reopened() -> None:
    lost = DealLost(
        deal_id="d1", owner_id="anna", team_id="north", pipeline="crm", stage="offer", amount=100, currency="CNY"
    )

    funnel = recounted(told(opened()), told(won()), told(lost), told(moved("after-sale"))).funnels()["crm"]

    assert (funnel.won, funnel.lost) == ([1, 100], [0, 0])
    assert sum(funnel.standing.values()) == 0
    assert funnel.entered == {"new": 1, "offer": 1, "after-sale": 1}


def test_what_comes_after_a_later_sequence_tells_only_which_stages_were_entered() -> None:
    funnel = recounted(
        told(opened(), sequence=1), told(moved("offer"), sequence=3), told(moved("contacted"), sequence=2)
    ).funnels()["crm"]

    assert funnel.entered == {"new": 1, "offer": 1, "contacted": 1}
    assert +funnel.standing == {"offer": 1}


@pytest.mark.parametrize(("hours", "late"), [(23.99, 0), (24, 0), (24.01, 1)])
def test_a_first_reply_is_late_after_24_hours(hours: float, late: int) -> None:
    complaint = ComplaintOpened(complaint_id="k1", owner_id="anna", team_id="north", channel="web")
    reply = ComplaintReplied(complaint_id="k1", owner_id="anna", team_id="north", member_id="bert")

    recount = recounted(told(complaint), told(reply, at=NOON + timedelta(hours=hours)))

    assert recount.sla().replied_late == late
    assert sum(recount.standings().values()) == 1 - late


def test_a_complaint_closed_without_a_reply_waits_for_none() -> None:
    complaint = ComplaintOpened(complaint_id="k1", owner_id="anna", team_id="north", channel="web")
    closed = ComplaintClosed(complaint_id="k1", owner_id="anna", team_id="north")

    assert recounted(told(complaint)).sla().open == 1
    assert recounted(told(complaint), told(closed)).sla().open == 0
