"""When a member is at work: his manager sets the shifts, he himself or his manager his days off."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from backbone.calendar import local_day
from backbone.callers import Role
from backbone.contract.envelope import EventData
from backbone.outbox import Saved
from backbone.problems import Forbidden
from backbone.rows import as_seen, find, put, read_row
from backbone.web import Asks
from services.directory.desk import Desk
from services.directory.domain import duty as duties
from services.directory.domain.duty import DaysOff, Duty, Shift

LEADERS = (Role.ADMIN, Role.MANAGER, Role.PLATFORM)

Decide = Callable[[Duty, datetime], tuple[Duty, Sequence[EventData]]]


async def set_shifts(
    desk: Desk, asks: Asks, member_id: str, version: int, time_zone: str, shifts: Sequence[Shift]
) -> Saved[Duty]:
    """Give a member another week.

    Raises:
        NotFound: there is no such member in the caller's row scope.
        Forbidden: it is not his manager who asks.
        Conflict: his duty has another version by now.
        Refused: two intervals overlap.
    """

    def decide(duty: Duty, _: datetime) -> tuple[Duty, Sequence[EventData]]:
        return duties.set_shifts(duty, time_zone, shifts)

    return await _change(desk, asks, member_id, version, time_zone, decide, himself=False)


async def take_off(desk: Desk, asks: Asks, member_id: str, version: int, time_zone: str, off: DaysOff) -> Saved[Duty]:
    """Note days off.

    Raises:
        NotFound: there is no such member in the caller's row scope.
        Forbidden: it is neither he nor his manager who asks.
        Conflict: his duty has another version by now.
        Refused: see `domain.duty.take_off`.
    """

    def decide(duty: Duty, now: datetime) -> tuple[Duty, Sequence[EventData]]:
        return duties.take_off(duty, off, local_day(now, duty.zone))

    return await _change(desk, asks, member_id, version, time_zone, decide, himself=True)


async def take_back(desk: Desk, asks: Asks, member_id: str, version: int, first_on: date) -> Saved[Duty]:
    """Take days off back.

    Raises:
        NotFound: there is no such member in the caller's row scope, or nothing is set for him.
        Forbidden: it is neither he nor his manager who asks.
        Conflict: his duty has another version by now.
        Refused: no days off begin on that day.
    """

    def decide(duty: Duty, _: datetime) -> tuple[Duty, Sequence[EventData]]:
        return duties.take_back(duty, first_on)

    return await _change(desk, asks, member_id, version, "UTC", decide, himself=True)


async def duty_of(desk: Desk, member_id: str, time_zone: str) -> Saved[Duty]:
    """The duty of a member; where nothing is set, one without shifts and days off at version 0."""
    never_set = Saved(member_id, 0, Duty(member_id=member_id, time_zone=time_zone))
    return await find(desk.store.duties, member_id) or never_set


async def _change(
    desk: Desk, asks: Asks, member_id: str, version: int, time_zone: str, decide: Decide, *, himself: bool
) -> Saved[Duty]:
    await read_row(desk.store.members, asks.caller, member_id)
    own = himself and asks.caller.member_id == member_id and not asks.caller.only_reads
    if not own and asks.caller.role not in LEADERS:
        raise Forbidden("not-yours", "His manager does this.")
    found = as_seen(desk.store.duties, asks, await duty_of(desk, member_id, time_zone), version)
    if found.replayed:
        return found
    now = desk.now()
    state, events = decide(found.state, now)
    return await put(desk.store.duties, found, state, events, at=now, by=asks.by) if events else found
