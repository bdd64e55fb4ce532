"""A work group: members of any team who share the rows that are given to it, across regions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from backbone.contract.directory import GroupChanged
from backbone.contract.envelope import EventData
from backbone.problems import Refused
from services.directory.domain.bounds import check_bounds

MOST_MEMBERS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkGroup:
    """One work group; once closed it shares nothing any more."""

    group_id: str
    name: str
    member_ids: tuple[str, ...] = ()
    closed_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it still shares."""
        return self.closed_at is None


def form_group(group_id: str, name: str, member_ids: Sequence[str]) -> tuple[WorkGroup, list[EventData]]:
    """Make a new work group; a member named twice is in it once.

    Raises:
        Refused: it has too many members.
    """
    group = WorkGroup(group_id=group_id, name=name, member_ids=_once(member_ids))
    _check_size(group)
    return group, [_told(group)]


def change_group(
    group: WorkGroup, *, name: str, add: Sequence[str], remove: Sequence[str]
) -> tuple[WorkGroup, list[EventData]]:
    """Rename a work group, take members in and let members go; who is in and out at once is out.

    Raises:
        Refused: it is closed, or would have too many members.
    """
    _check_open(group)
    gone = frozenset(remove)
    left = [member_id for member_id in (*group.member_ids, *add) if member_id not in gone]
    changed = replace(group, name=name, member_ids=_once(left))
    _check_size(changed)
    return (group, []) if changed == group else (changed, [_told(changed)])


def close_group(group: WorkGroup, now: datetime) -> tuple[WorkGroup, list[EventData]]:
    """End a work group: from now on nothing is shared by it; what was given to it stays with its owners.

    Raises:
        Refused: it is closed already.
    """
    _check_open(group)
    closed = replace(group, closed_at=now)
    return closed, [_told(closed)]


def _check_size(group: WorkGroup) -> None:
    if len(group.member_ids) > MOST_MEMBERS:
        raise Refused("group-full", f"A work group has {MOST_MEMBERS} members at most.", field="/member_ids")
    check_bounds("/member_ids", group.member_ids)


def _check_open(group: WorkGroup) -> None:
    if not group.open:
        raise Refused("group-closed", f"Work group {group.group_id!r} is closed; form a new one.")


def _told(group: WorkGroup) -> GroupChanged:
    return GroupChanged(group_id=group.group_id, name=group.name, member_ids=group.member_ids, closed=not group.open)


def _once(member_ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(member_ids))
