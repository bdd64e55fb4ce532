"""What the queries read from, and what of it a caller sees."""

from dataclasses import dataclass
from typing import Any

from backbone.calendar import Period, parse_period
from backbone.callers import Caller, Role
from backbone.contract.boards import MONEY_METRICS
from backbone.money import major_units
from backbone.mongo import Database
from backbone.problems import Forbidden, NotFound, Refused
from backbone.settings import Settings
from services.analytics.feeds import BoardFeed, LagFeed, LatestFeed, PeopleFeed


@dataclass(frozen=True)
class Figures:
    """What the queries read from."""

    settings: Settings
    database: Database
    boards: BoardFeed
    people: PeopleFeed
    latest: LatestFeed
    lag: LagFeed

    def freshness(self) -> dict[str, Any]:
        """`as_of` and `lag_seconds` as every answer carries them."""
        lag = self.lag.lag
        return {"as_of": lag.as_of.isoformat(), "lag_seconds": lag.seconds}


def scope_of(figures: Figures, caller: Caller, team: str | None) -> tuple[str, frozenset[str] | None]:
    """The scope's name and its teams (None = the whole company).

    Raises:
        NotFound: no such team.
        Refused: several teams share the name.
        Forbidden: the team is outside the caller's row scope.
    """
    if caller.role is Role.PUBLISHER:
        raise Forbidden("wrong-role", "A publisher key may post events and nothing else.")
    people = figures.people.people
    if team is None or team == "company":
        if caller.sees_all:
            return "company", None
        if caller.team_id is None:
            raise Forbidden("no-team", "You belong to no team, so there is no board you may see.")
        return caller.team_id, caller.teams
    try:
        team_id = people.team_called(team)
    except LookupError as doubt:
        raise Refused("ambiguous-name", f"{doubt}.", field="team") from doubt
    if team_id is None:
        raise NotFound("team", team)
    teams = people.subtree(team_id)
    if team_id == caller.team_id and not caller.sees_all:
        return team_id, teams & caller.teams
    if not caller.sees_all and not teams <= caller.teams:
        raise Forbidden("not-yours", f"Team {team!r} is outside the teams you may see.", field="team")
    return team_id, teams


def read_period(text: str) -> Period:
    """The period of a request.

    Raises:
        Refused: the text names none.
    """
    try:
        return parse_period(text)
    except ValueError as wrong:
        raise Refused("bad-period", f"{wrong}.", field="period") from wrong


def shown(figures: Figures, metric: str, value: int) -> int | float:
    """A figure as an answer shows it: money in major units."""
    return in_major_units(figures, value) if metric in MONEY_METRICS else value


def in_major_units(figures: Figures, amount: int) -> int | float:
    """Minor units of the organisation's currency as major ones."""
    return major_units(amount, figures.settings.currency)
