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


class Verdict(msgspec.Struct, frozen=True):
    """A decision that nothing reopened since, whether it holds or another one came before it.

    Args:
        sequence: its place in the deal's story.
        status: won or lost.
        ending: what it was worth, and on which day it counts.
        credits: the figures it moves.
    """

    sequence: int
    status: Status
    ending: Ending
    credits: tuple[Credit, ...] = ()


class Deal(msgspec.Struct, frozen=True):
    """One deal.

    Args:
        pipeline: which funnel it is in.
        stage: where it stands, or stood last before it ended.
        status: open, won or lost.
        team: the team it stands for.
        amount: minor units of `currency`.
        currency: ISO 4217.
        sequence: the highest version folded so far, where the sender gave any.
        entered: every stage it has been in, with the ms of the first time.
        ending: set while it is won or lost.
        credits: the figures its win moved.
        placed: the sequence of what told last where it stands; None = as `sequence`.
        reopened: the sequence of its last reopening.
        verdicts: the decisions since, in the order of the log.
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
    placed: int | None = None
    reopened: int | None = None
    verdicts: tuple[Verdict, ...] = ()
