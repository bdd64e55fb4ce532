"""Forgetting who complained: his name, how to reach him and his words go; what was done stays, and the log with it."""

from dataclasses import replace
from datetime import datetime

from services.activities.domain.story import Complaint


def forget_reporter(complaint: Complaint, now: datetime) -> Complaint:
    """The complaint without a person's data; one that holds none any more stays as it is."""
    if complaint.reporter is None and complaint.words is None:
        return complaint
    return replace(complaint, reporter=None, words=None, erased_at=now)
