from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backbone.contract.codec import LIMIT_BYTES, encode
from backbone.contract.directory import GroupChanged
from backbone.contract.envelope import seal
from backbone.problems import Refused
from services.directory.domain.group import WorkGroup, change_group, close_group, form_group

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FAIR = WorkGroup(group_id="fair", name="Canton Fair", member_ids=("li", "wang"))


def test_a_work_group_holds_each_member_once() -> None:
    state, events = form_group("fair", "Canton Fair", ["li", "wang", "li"])

    assert state == FAIR
    assert events == [GroupChanged(group_id="fair", name="Canton Fair", member_ids=("li", "wang"))]


def test_members_come_and_go_in_one_step() -> None:
    state, events = change_group(FAIR, name="Canton Fair", add=["mei", "chen"], remove=["li", "chen"])

    assert state == replace(FAIR, member_ids=("wang", "mei"))
    assert events == [GroupChanged(group_id="fair", name="Canton Fair", member_ids=("wang", "mei"))]


def test_a_change_that_changes_nothing_tells_nothing() -> None:
    assert change_group(FAIR, name="Canton Fair", add=["li"], remove=["nobody"]) == (FAIR, [])


def test_a_closed_group_stays_closed() -> None:
    closed, events = close_group(FAIR, NOW)

    assert closed == replace(FAIR, closed_at=NOW)
    assert events == [GroupChanged(group_id="fair", name="Canton Fair", member_ids=("li", "wang"), closed=True)]
    with pytest.raises(Refused) as refused:
        change_group(closed, name="Fair", add=[], remove=[])
    assert refused.value.code == "group-closed"
    with pytest.raises(Refused):
        close_group(closed, NOW)


@pytest.mark.parametrize(
    ("member_ids", "code"),
    [
        ([f"m{n}" for n in range(1_001)], "group-full"),
        (["长" * 100 + str(n) for n in range(200)], "names-too-many"),
    ],
)
def test_a_group_is_no_larger_than_an_event_can_tell(member_ids: list[str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        change_group(FAIR, name="Fair", add=member_ids, remove=[])

    assert refused.value.code == code


def test_the_largest_group_there_is_can_be_told() -> None:
    _, events = form_group("g", "长" * 200, [f"{n:040}" for n in range(1_000)])

    assert len(encode(seal(events[0], source="/services/directory", time=NOW))) < LIMIT_BYTES
