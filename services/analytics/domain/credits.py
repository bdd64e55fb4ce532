"""The figure that an event moves."""

from typing import Final

import msgspec

NOBODY: Final = "-"
"""Stands for no member or no team in the names of documents."""


class Credit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A figure that moves.

    Args:
        metric: its name.
        amount: by how much; below 0 takes back.
        member: whose; None = nobody's.
        team: for which team; None = the company only.
        on: the day as yyyymmdd; None = in no period.
        at: ms of the contribution, by which ties are decided; 0 moves no tie.
    """

    metric: str
    amount: int
    member: str | None
    team: str | None
    on: int | None
    at: int
