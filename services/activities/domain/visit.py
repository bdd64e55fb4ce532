"""A visit: a member was at a customer's or a lead's place.

It is told at once when it is over (`log_visit`), or checked in on arrival and checked out on leaving
(`check_in`, `check_out`). It counts from the moment it is over.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from backbone.audit import personal
from backbone.contract.activities import Photo as ToldPhoto
from backbone.contract.activities import VisitLogged, VisitStarted, VisitVoided
from backbone.contract.envelope import EventData
from backbone.moments import check_happened
from backbone.problems import Refused
from services.activities.domain.next_step import Step, check_step
from services.activities.domain.place import Check, Fix
from services.activities.domain.whose import whose, with_whom

LONGEST_VISIT: Final = timedelta(hours=24)
MOST_PHOTOS: Final = 20

Decided = tuple["Visit", list[EventData]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photo by reference; the picture itself is stored elsewhere."""

    photo_id: str
    sha256: str
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit.

    `lat` to `mock_location` say where the phone was on arrival, `place_check` what came of comparing it
    with the customer's place, `left` and `left_check` the same on leaving. `clock_off_seconds` tells by
    how much the phone's clock was ahead of ours when it told. `under_way` is set between check-in and
    check-out; `voided_at` tells that the visit does not count any more. `told` is the print of the
    request that made it, by which a phone that tells the same again is known.
    """

    visit_id: str
    member_id: str
    owner_id: str
    team_id: str | None
    customer_id: str | None = None
    lead_id: str | None = None
    deal_id: str | None = None
    planned_visit_id: str | None = None
    started_at: datetime
    ended_at: datetime | None = None
    lat: float | None = field(default=None, metadata=personal)
    lon: float | None = field(default=None, metadata=personal)
    accuracy_m: float | None = None
    fixed_at: datetime | None = None
    mock_location: bool | None = None
    place_check: Check | None = None
    left: Fix | None = field(default=None, metadata=personal)
    left_check: Check | None = None
    clock_off_seconds: int | None = None
    photos: tuple[Photo, ...] = ()
    purpose: str | None = None
    outcome: str | None = None
    next_step: Step | None = None
    next_step_on: date | None = None
    next_step_id: str | None = None
    under_way: bool = False
    recorded_at: datetime
    voided_at: datetime | None = None
    void_reason: str | None = None
    told: str | None = None

    @property
    def fix(self) -> Fix | None:
        """Where the phone was on arrival."""
        if self.lat is None or self.lon is None:
            return None
        return Fix(
            lat=self.lat, lon=self.lon, accuracy_m=self.accuracy_m, fixed_at=self.fixed_at, mock=self.mock_location
        )


def log_visit(visit: Visit, now: datetime) -> Decided:
    """Check a visit that is over and state that it took place.

    Args:
        visit: as the member reports it.
        now: the present instant.

    Raises:
        Refused: it is at nobody's place, ends before it starts, lasts longer
            than a day, or lies in the future; a photo or the next step makes no sense.
    """
    _check_beginning(visit, now)
    _check_end(visit, visit.ended_at, now)
    return visit, [_logged(visit)]


def check_in(visit: Visit, now: datetime) -> Decided:
    """State that a member has arrived; the visit is under way until he checks out.

    Raises:
        Refused: it is at nobody's place, or lies in the future.
    """
    _check_beginning(visit, now)
    started = replace(visit, under_way=True, ended_at=None)
    return started, [
        VisitStarted(
            visit_id=visit.visit_id,
            **with_whom(visit),
            deal_id=visit.deal_id,
            planned_visit_id=visit.planned_visit_id,
            started_at=visit.started_at,
            place=None if visit.fix is None else visit.fix.told(),
            place_check=None if visit.place_check is None else visit.place_check.told(),
            purpose=visit.purpose,
        )
    ]


def check_out(
    visit: Visit,
    now: datetime,
    *,
    ended_at: datetime,
    left: Fix | None = None,
    left_check: Check | None = None,
    photos: tuple[Photo, ...] = (),
    outcome: str | None = None,
    next_step: Step | None = None,
    next_step_on: date | None = None,
) -> Decided:
    """State that the visit under way is over, and what came of it.

    Raises:
        Refused: the visit is not under way, or ends when it cannot.
    """
    if not visit.under_way:
        raise Refused("not-under-way", "This visit is over or void already; log another one.")
    left_now = replace(
        visit,
        under_way=False,
        ended_at=ended_at,
        left=left,
        left_check=left_check,
        photos=photos,
        outcome=outcome,
        next_step=next_step,
        next_step_on=next_step_on,
    )
    _check_end(left_now, ended_at, now)
    return left_now, [_logged(left_now)]


def void_visit(visit: Visit, reason: str, now: datetime) -> Decided:
    """Take a visit back: it counts no more, from its own day on. One under way is broken off.

    Raises:
        Refused: it was voided before.
    """
    if visit.voided_at is not None:
        raise Refused("voided-before", "This visit is void already.")
    voided = replace(visit, voided_at=now, void_reason=reason, under_way=False)
    return voided, [
        VisitVoided(
            visit_id=visit.visit_id,
            **whose(visit),
            reason=reason,
        )
    ]


def _check_beginning(visit: Visit, now: datetime) -> None:
    if (visit.customer_id is None) == (visit.lead_id is None):
        raise Refused("one-place", "Name either customer_id or lead_id, not both.", field="/customer_id")
    check_happened(visit.started_at, now, field="/started_at")


def _check_end(visit: Visit, ended_at: datetime | None, now: datetime) -> None:
    if ended_at is None or ended_at < visit.started_at:
        raise Refused("ends-before-start", "ended_at lies before started_at.", field="/ended_at")
    if ended_at - visit.started_at > LONGEST_VISIT:
        raise Refused("too-long", "A visit lasts 24 hours at most.", field="/ended_at")
    check_happened(ended_at, now, field="/ended_at")
    if len({photo.photo_id for photo in visit.photos}) < len(visit.photos):
        raise Refused("photo-twice", "A photo is named twice; name each once.", field="/photos")
    for photo in visit.photos:
        check_happened(photo.taken_at, now, field="/photos")
    check_step(visit.next_step, visit.next_step_on, ended_at)


def _logged(visit: Visit) -> VisitLogged:
    return VisitLogged(
        visit_id=visit.visit_id,
        **with_whom(visit),
        deal_id=visit.deal_id,
        planned_visit_id=visit.planned_visit_id,
        started_at=visit.started_at,
        ended_at=visit.ended_at,
        place=None if visit.fix is None else visit.fix.told(),
        place_check=None if visit.place_check is None else visit.place_check.told(),
        left_place=None if visit.left is None else visit.left.told(),
        left_place_check=None if visit.left_check is None else visit.left_check.told(),
        purpose=visit.purpose,
        outcome=visit.outcome,
        next_step=visit.next_step,
        next_step_on=visit.next_step_on,
        photos=tuple(
            ToldPhoto(photo_id=photo.photo_id, sha256=photo.sha256, taken_at=photo.taken_at) for photo in visit.photos
        ),
    )
