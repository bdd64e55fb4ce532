"""A deal as the funnel sees it: where it stands, where it has been, and what its end was worth to whom."""

from typing import Literal

import msgspec

from services.analytics.domain.credits import Credit

Status = Literal["open", "won", "lost"]


class Ending(msgspec.Struct, frozen=True):
    """How a deal ended, and on which day it was counted."""

    pipeline: str
    team: str | None
    on: int | None
    amount: int
    currency: str


class Deal(msgspec.Struct, frozen=True):
    """One deal.

    Args:
        pipeline: which funnel it is in.
        stage: where it stands, or stood when it ended.
        status: open, won or lost.
        team: the team it stands for.
        amount: minor units of `currency`.
        currency: ISO 4217.
        sequence: the highest version folded so far, where the sender gave any.
        entered: every stage it has been in, with the ms of the first time.
        ending: set while it is won or lost.
        credits: the figures its win moved.
    """

    pipeline: str
    stage: str
    status: Status
    team: str | None
    amount: int
    currency: str
    sequence: int | None
    entered: dict[str, int]
    ending: Ending | None = None
    credits: tuple[Credit, ...] = ()
