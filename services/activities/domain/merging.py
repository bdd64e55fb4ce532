"""Two complaints about the same thing become one: the one that is gone keeps its story and stops its clocks."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from backbone.contract.complaints import ComplaintMerged
from backbone.problems import Refused
from services.activities.domain.moving import Decided, check_move, end_of_pause, stepped, whose
from services.activities.domain.story import Complaint

MOST_ABSORBED: Final = 100


def absorb(into: Complaint, complaint: Complaint) -> Complaint:
    """Note on the complaint that stays that another one is about to go into it.

    Two complaints that are merged into each other at once change each other by this, so that neither is lost.

    Raises:
        Refused: it is the same, of another customer, over, or has taken in too many.
    """
    if into.complaint_id == complaint.complaint_id:
        raise Refused("same-complaint", "A complaint is not merged into itself.", field="/into_complaint_id")
    if into.customer_id != complaint.customer_id and None not in (into.customer_id, complaint.customer_id):
        raise Refused("other-customer", "Both complaints must be of one customer.", field="/into_complaint_id")
    if into.state in ("closed", "merged"):
        hint = f"merge into {into.merged_into_id}" if into.merged_into_id else "reopen it first"
        raise Refused(
            "target-over", f"The complaint that is to stay is {into.state}; {hint}.", field="/into_complaint_id"
        )
    absorbed = tuple(id_ for id_ in into.absorbed_ids if id_ != complaint.complaint_id)
    if len(absorbed) >= MOST_ABSORBED:
        raise Refused("too-many-merged", f"{MOST_ABSORBED} complaints went into this one; open a new one.")
    return replace(into, absorbed_ids=(*absorbed, complaint.complaint_id))


def merge(complaint: Complaint, at: datetime, now: datetime, *, into_id: str, member_id: str | None) -> Decided:
    """Put a complaint into another one about the same thing: its clocks stop, the other's run on.

    Raises:
        Refused: it is closed or merged, or `at` does not lie between the state's begin and now.
    """
    check_move(complaint, "merge", at, now)
    return stepped(complaint, "merged", at, member_id=member_id, into_id=into_id), [
        *end_of_pause(complaint, member_id, at),
        ComplaintMerged(**whose(complaint), into_complaint_id=into_id, member_id=member_id),
    ]
