"""What a fold decides about one event: which figures move, and which documents change.

Decisions are stored (as a fact) before any total moves, and never taken
twice: a replay reads them back.
"""

from collections.abc import Sequence

import msgspec

from services.analytics.domain.credits import Credit


class Step(msgspec.Struct, frozen=True, gc=False):
    """A counter of a funnel that moves.

    Args:
        pipeline: which funnel.
        team: the deal's team; None = the company only.
        on: the day as yyyymmdd; None = nobody dated it.
        path: the counter, such as `stages.quoted.entered`.
        amount: by how much.
    """

    pipeline: str
    team: str | None
    on: int | None
    path: str
    amount: int


class Decision(msgspec.Struct, gc=False):
    """What one event does.

    Args:
        member: under whom the fact is filed, with `team` and `on`.
        team: the team at that moment.
        on: the day whose figures move, yyyymmdd; None = none.
        deltas: figures of that member, team and day that move: metric, amount.
        others: figures of anybody else, or of other days.
        steps: counters of funnels.
        left_out: why it does not count; None = it does.
    """

    member: str | None
    team: str | None
    on: int | None
    deltas: tuple[tuple[str, int], ...] = ()
    others: tuple[Credit, ...] = ()
    steps: tuple[Step, ...] = ()
    left_out: str | None = None


def filed(
    figures: Sequence[Credit], *, occurred: int, member: str | None, team: str | None, on: int | None
) -> Decision:
    """A decision that moves the figures, filed under the first one's place; without any, under the place given.

    Args:
        figures: what moves.
        occurred: ms of the event; a figure of another moment keeps its own.
        member: who the event is of.
        team: for which team.
        on: on which day.
    """
    if not figures:
        return Decision(member, team, on)
    place = (figures[0].member, figures[0].team, figures[0].on)
    own: list[tuple[str, int]] = []
    others: list[Credit] = []
    for one in figures:
        if (one.member, one.team, one.on) == place and one.at == (occurred if one.amount > 0 else 0):
            own.append((one.metric, one.amount))
        else:
            others.append(one)
    return Decision(*place, deltas=tuple(own), others=tuple(others))


def taken_back(figures: Sequence[Credit]) -> tuple[Credit, ...]:
    """The figures that undo these, on the very days and members they were credited to."""
    return tuple(Credit(one.metric, -one.amount, one.member, one.team, one.on, 0) for one in figures)
