"""What facts add up to, and the guarded writes that come of it."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.alerts import AlertCleared, AlertRaised
from backbone.contract.boards import BoardChanged, DayFigure, FunnelChanged
from backbone.contract.codec import decode
from backbone.mongo import Document
from services.analytics.domain.sla import FIRST_REPLY, Clock, Moment
from services.analytics.folds.clocks import Alert
from services.analytics.handlers.intake import Intake, merged
from services.analytics.handlers.notices import alert_row, board_record, funnel_record
from services.analytics.handlers.parts import Fetched
from services.analytics.ledger.facts import figures_in, trails_of
from services.analytics.ledger.sums import (
    ABSENT,
    UNMARKED,
    Share,
    Sums,
    funnel_totals,
    standing_id,
    standing_totals,
    sum_up,
)
from services.analytics.transport import Batch

LABEL: Final = "activities-3"
NOW: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def fact(offset: int, **fields: Any) -> Document:
    told = {"_id": f"e{offset}", "ty": "visit-logged", "s": f"v{offset}", "m": "ann", "t": "north", "on": 20260302}
    return {**told, "occ": offset * 1000, "tp": LABEL, "o": offset, "d": [["visits", 1]], **fields}


FACTS: Final = st.lists(
    st.builds(
        lambda member, team, on, amount, others: {
            "m": member,
            "t": team,
            "on": on,
            "d": [["visits", amount]],
            **({"x": others} if others else {}),
        },
        st.sampled_from(["ann", "bob", None]),
        st.sampled_from(["north", None]),
        st.sampled_from([20260302, 20260303, 20260401, None]),
        st.sampled_from([1, -1, 5]),
        st.lists(
            st.tuples(
                st.just("won-amount"),
                st.integers(-9, 9),
                st.sampled_from(["eve", None]),
                st.none(),
                st.sampled_from([20260302, None]),
                st.integers(0, 9),
            ),
            max_size=2,
        ),
    ),
    max_size=30,
)


def plain_sum(facts: Iterable[Document]) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for one in facts:
        for credit in figures_in(one):
            if credit.on is not None:
                found[credit.member, credit.team, credit.on, credit.metric] += credit.amount
    return Counter({place: value for place, value in found.items() if value})


def summed(sums: Sums) -> Counter[Any]:
    found = {(*place, metric): cell.value for place, cells in sums.places.items() for metric, cell in cells.items()}
    return Counter({place: value for place, value in found.items() if value})


@given(FACTS)
def test_sums_are_what_the_facts_say(told: list[Document]) -> None:
    facts = [fact(offset, **one) for offset, one in enumerate(told)]

    assert summed(sum_up(facts)) == plain_sum(facts)


@given(FACTS, st.integers(0, 30))
def test_a_document_takes_only_what_is_past_its_mark(told: list[Document], mark: int) -> None:
    facts = [fact(offset, **one) for offset, one in enumerate(told)]

    sums = sum_up(facts, lambda name, offset: offset <= mark)

    assert summed(sums) == plain_sum(one for one in facts if one["o"] > mark)


def share(label: str, marks: dict[str, int], *facts: Document) -> Share:
    return Share(sum_up(facts), label, marks, facts[-1]["o"])


def test_a_standing_is_written_only_where_every_mark_is_the_one_folded_from() -> None:
    name = standing_id("ann", "north", 202603)
    visits = share(LABEL, {name: 5}, fact(7), fact(9))
    wins = share("deals-1", {name: UNMARKED}, fact(4, tp="deals-1", d=[["deals-won", 1], ["visits", 1]]))

    ((found, total),) = standing_totals([visits, wins]).items()
    write = total.update(found)

    assert not total.is_new
    assert write._filter == {"_id": "ann|north|2026-03", "at.activities-3": 5, "at.deals-1": {"$exists": False}}
    assert write._upsert is True
    assert write._doc == {
        "$inc": {"c.visits.02.v": 3, "c.deals-won.02.v": 1, "rev": 1},
        "$max": {"c.visits.02.at": 9000, "c.deals-won.02.at": 4000},
        "$set": {"at.activities-3": 9, "at.deals-1": 4},
        "$setOnInsert": {"m": "ann", "t": "north", "ym": 202603},
    }


def test_a_document_that_was_not_there_is_inserted_whole() -> None:
    steps = [("crm", None, None, "stages.new.entered", 1), ("crm", None, None, "won.count", 2)]

    ((name, total),) = funnel_totals([share(LABEL, {"crm|-|undated": ABSENT}, fact(1, d=[], f=steps))]).items()

    assert total.is_new
    assert total.document(name) == {
        "_id": "crm|-|undated",
        "p": "crm",
        "t": None,
        "on": None,
        "stages": {"new": {"entered": 1}},
        "won": {"count": 2},
        "at": {LABEL: 1},
        "rev": 1,
    }


def test_what_is_taken_back_moves_no_tie() -> None:
    sums = sum_up([fact(1), fact(2, d=[["visits", -1]])])

    cell = sums.places["ann", "north", 20260302]["visits"]
    assert (cell.value, cell.at) == (0, 1000)


def test_a_trail_tells_the_facts_of_a_member_and_month() -> None:
    other = ["won-amount", 5, "bob", None, 20260301, 0]

    trails = trails_of([fact(4), fact(5, on=None), fact(6, d=[], x=[other]), fact(7, d=[])], LABEL)

    assert trails == [
        {"_id": "ann|202603|activities-3|4-7", "e": ["e4"], "s": ["v4"], "on": [20260302]},
        {"_id": "ann|undated|activities-3|4-7", "e": ["e5"], "s": ["v5"], "on": [None]},
        {"_id": "bob|202603|activities-3|4-7", "e": ["e6"], "s": ["v6"], "on": [20260301]},
    ]


def test_a_changed_board_is_told_by_the_contract() -> None:
    standing = {
        "_id": "-|north|2026-03",
        "m": "-",
        "t": "north",
        "ym": 202603,
        "rev": 12,
        "c": {"visits": {"02": {"v": 3, "at": 1_772_424_000_000}, "03": {"v": 0, "at": 0}}},
    }

    envelope = decode(board_record(standing, NOW).value or b"")

    reached = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    assert envelope.data == BoardChanged(
        board_id="-|north|2026-03",
        member_id=None,
        team_id="north",
        month="2026-03",
        metrics=("visits",),
        values={"visits": {"02": DayFigure(value=3, reached_at=reached), "03": DayFigure(value=0)}},
        revision=12,
    )


def test_a_changed_funnel_is_told_by_the_contract() -> None:
    envelope = decode(funnel_record("crm", NOW).value or b"")

    assert envelope.data == FunnelChanged(pipeline="crm", revision=int(NOW.timestamp() * 1000))


def test_the_same_alert_has_the_same_id_and_keeps_the_tag_of_its_import() -> None:
    event_id = "0160247c-b200-7bb5-9108-6a60a529c248"
    opened = Moment(int(NOW.timestamp() * 1000), "opened", event_id, "ann", "north", 20260302)
    clock = Clock("k1", (opened,), owner="ann", team="north", imported="helpdesk")
    alert = Alert("raise", "breach", opened.at + FIRST_REPLY.allowed)

    rows = [alert_row(alert, clock, FIRST_REPLY, moment) for moment in (NOW, datetime(2027, 1, 1, tzinfo=UTC))]
    cleared = alert_row(Alert("clear", "breach", alert.at), clock, FIRST_REPLY, NOW)

    assert rows[0]["id"] == rows[1]["id"] != cleared["id"]
    raised = decode(rows[0]["value"])
    assert isinstance(raised.data, AlertRaised)
    assert (raised.imported, raised.data.alert_id, raised.data.event_ids) == (
        "helpdesk",
        "first-reply|k1|breach",
        (event_id,),
    )
    assert isinstance(decode(cleared["value"]).data, AlertCleared)


def waiting_event(tp: tuple[str, int], offsets: list[int], after: int | None, generation: int = 1) -> Any:
    records = [SimpleNamespace(offset=offset) for offset in offsets]
    batch = Batch(tp, records, after)  # type: ignore[arg-type]
    return SimpleNamespace(message=SimpleNamespace(value=batch, generation_id=generation, tp=tp), ack=lambda: True)


class Unread:
    """Rounds that read nothing."""

    def read(self, label: str, records: list[Any]) -> Fetched:
        return Fetched(label, records[-1].offset, [], [])

    def forget(self, labels: Iterable[str]) -> None:
        pass


async def test_a_hole_between_two_batches_is_noticed_before_anything_is_folded() -> None:
    intake = Intake(Unread(), 100, lambda: 1)  # type: ignore[arg-type]
    tp = ("activities", 3)
    await intake.take(LABEL, waiting_event(tp, [1, 2], None))
    await intake.take(LABEL, waiting_event(tp, [5, 6], 2))

    with pytest.raises(RuntimeError, match="follows offset 8, but the last one seen is 6"):
        await intake.take(LABEL, waiting_event(tp, [9], 8))


async def test_batches_of_one_partition_make_one_share_of_a_round_and_old_ones_are_left_to_be_read_again() -> None:
    intake = Intake(Unread(), 100, lambda: 2)  # type: ignore[arg-type]
    await intake.take(LABEL, waiting_event(("activities", 3), [1], None, generation=1))
    await intake.take(LABEL, waiting_event(("activities", 3), [1, 2], None, generation=2))
    await intake.take(LABEL, waiting_event(("activities", 3), [3], 2, generation=2))
    await intake.take("deals-0", waiting_event(("deals", 0), [7], None, generation=2))

    batches = await asyncio.wait_for(intake.next_round(1), 2)

    assert [(one.label, one.last) for one in merged(batches)] == [(LABEL, 3), ("deals-0", 7)]
    intake.done(batches)
    assert intake.moved() == {LABEL: 4, "deals-0": 8}
    assert intake.moved() == {}


async def test_what_is_read_again_after_a_seek_is_not_mixed_with_what_was_read_before() -> None:
    intake = Intake(Unread(), 100, lambda: 1)  # type: ignore[arg-type]
    await intake.take(LABEL, waiting_event(("activities", 3), [7, 8], None))
    await intake.take(LABEL, waiting_event(("activities", 3), [5, 6], None))
    await intake.take(LABEL, waiting_event(("activities", 3), [7, 8, 9], 6))

    rounds = [[(one.label, one.last) for one in merged(await intake.next_round(1))] for _ in range(2)]

    assert rounds == [[(LABEL, 8)], [(LABEL, 9)]]
