"""What was agreed upon for the time after a visit or a follow-up: it becomes a planned visit or follow-up."""

from datetime import date, datetime, timedelta
from typing import Final, Literal, get_args

from backbone.problems import Refused

Step = Literal["visit", "call", "message", "mail", "meeting", "demo"]
STEPS: Final[tuple[Step, ...]] = get_args(Step)

LONGEST_AHEAD: Final = timedelta(days=360)
"""A little less than plans may lie ahead, so that a step can always be planned, whatever the zone."""


def check_step(step: Step | None, on: date | None, done_at: datetime) -> None:
    """Refuse a next step that cannot be.

    Args:
        step: what is to be done; None = only a day was agreed upon, or nothing.
        on: the day.
        done_at: when the thing before it was done, in its own offset.

    Raises:
        Refused: the step has no day, or its day lies before the thing itself or nearly a year ahead.
    """
    if step is not None and on is None:
        raise Refused("no-day", "Name the day of the next step too.", field="/next_step_on")
    # A day of slack: the day may have been agreed upon in another zone.
    if step is not None and on is not None and on < done_at.date() - timedelta(days=1):
        raise Refused("step-before", "The next step lies before what it follows.", field="/next_step_on")
    if on is not None and on > done_at.date() + LONGEST_AHEAD:
        raise Refused("too-far-ahead", "The next step lies more than 360 days ahead.", field="/next_step_on")
