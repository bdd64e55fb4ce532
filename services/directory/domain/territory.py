"""A territory: which customers belong to it, by region, industry and grade, and who serves them.

Region codes are a tree. Those of digits nest as the Chinese codes of administrative divisions do
(GB/T 2260): `310000` is Shanghai and covers `310115`, its district Pudong. All others nest by dashes, as ISO
3166-2 does: `DE` covers `DE-BY`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from backbone.contract.directory import TerritoryChanged
from backbone.contract.envelope import EventData
from backbone.problems import Refused
from services.directory.domain.bounds import check_bounds
from services.directory.domain.member import Member
from services.directory.domain.team import Tree

Specificity = tuple[int, int]
"""How exactly a territory fits: how many attributes it asks for, then how narrow its region is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """How a territory is drawn: an empty attribute takes any value, those that are set must all fit."""

    regions: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    member_ids: tuple[str, ...] = ()
    team_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """One territory; who serves it is named one by one, or as whole teams with those below them."""

    territory_id: str
    name: str
    drawn: Drawn
    closed_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it still counts."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known of a customer or lead; None = nobody knows, which fits only where any value does."""

    region: str | None = None
    industry: str | None = None
    grade: str | None = None


def draw(territory_id: str, name: str, drawn: Drawn) -> tuple[Territory, list[EventData]]:
    """Make a new territory.

    Raises:
        Refused: it asks for nothing, so everything would belong to it.
    """
    territory = Territory(territory_id=territory_id, name=name, drawn=_checked(drawn))
    return territory, [_told(territory)]


def redraw(territory: Territory, name: str, drawn: Drawn) -> tuple[Territory, list[EventData]]:
    """Rename a territory, draw it anew, give it to others.

    Raises:
        Refused: it is closed, or would ask for nothing.
    """
    _check_open(territory)
    changed = replace(territory, name=name, drawn=_checked(drawn))
    return (territory, []) if changed == territory else (changed, [_told(changed)])


def close(territory: Territory, now: datetime) -> tuple[Territory, list[EventData]]:
    """End a territory: nothing belongs to it any more.

    Raises:
        Refused: it is closed already.
    """
    _check_open(territory)
    closed = replace(territory, closed_at=now)
    return closed, [_told(closed)]


def covers(region: str, code: str) -> bool:
    """Whether a region holds the place of a code: itself, or one below it."""
    if region.isdecimal() and code.isdecimal():
        return code.startswith(_stem(region))
    return code == region or code.startswith(f"{region}-")


def fit(drawn: Drawn, place: Place) -> Specificity | None:
    """How exactly a place fits into what is drawn; None when it does not."""
    narrow = 0
    if drawn.regions:
        held = [len(_stem(region)) for region in drawn.regions if place.region and covers(region, place.region)]
        if not held:
            return None
        narrow = max(held)
    for wanted, told in ((drawn.industries, place.industry), (drawn.grades, place.grade)):
        if wanted and told not in wanted:
            return None
    return sum(map(bool, (drawn.regions, drawn.industries, drawn.grades))), narrow


def fitting(territories: Iterable[Territory], place: Place) -> list[Territory]:
    """The open territories a place belongs to, the one that fits most exactly first, then by id."""
    found = [
        (how, territory)
        for territory in territories
        if territory.open and (how := fit(territory.drawn, place)) is not None
    ]
    return [one for _, one in sorted(found, key=lambda pair: (-pair[0][0], -pair[0][1], pair[1].territory_id))]


class Service:
    """Who serves where: the territories of each member, himself or by a team above him.

    Args:
        territories: all of them.
        tree: the teams.
    """

    def __init__(self, territories: Iterable[Territory], tree: Tree) -> None:
        self._by_member: dict[str, set[str]] = {}
        self._by_team: dict[str, set[str]] = {}
        for territory in territories:
            if territory.open:
                _note(self._by_member, territory.drawn.member_ids, territory.territory_id)
                _note(self._by_team, tree.below(territory.drawn.team_ids), territory.territory_id)

    def of(self, member: Member) -> tuple[str, ...]:
        """Ids of the territories a member serves, in order."""
        own = self._by_member.get(member.member_id, set())
        return tuple(sorted(own | self._by_team.get(member.team_id or "", set())))


def serving(territory: Territory, members: Iterable[Member], tree: Tree) -> list[str]:
    """Ids of the working members who serve a territory, in order."""
    teams = tree.below(territory.drawn.team_ids)
    named = frozenset(territory.drawn.member_ids)
    return sorted(
        member.member_id
        for member in members
        if member.active and (member.member_id in named or member.team_id in teams)
    )


def _note(places: dict[str, set[str]], who: Iterable[str], territory_id: str) -> None:
    for one in who:
        places.setdefault(one, set()).add(territory_id)


def _stem(region: str) -> str:
    """The part of a code of digits that those below it share; other codes whole."""
    while region.isdecimal() and len(region) > 2 and len(region) % 2 == 0 and region.endswith("00"):
        region = region[:-2]
    return region


def _checked(drawn: Drawn) -> Drawn:
    if not (drawn.regions or drawn.industries or drawn.grades):
        raise Refused(
            "draws-everything",
            "Name regions, industries or grades: a territory of everything is none.",
            field="/regions",
        )
    once = Drawn(**{name: _once(getattr(drawn, name)) for name in Drawn.__dataclass_fields__})
    check_bounds("/regions", once.regions, once.industries, once.grades, once.member_ids, once.team_ids)
    return once


def _once(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _check_open(territory: Territory) -> None:
    if not territory.open:
        raise Refused("territory-closed", f"Territory {territory.territory_id!r} is closed; draw a new one.")


def _told(territory: Territory) -> TerritoryChanged:
    drawn = territory.drawn
    return TerritoryChanged(
        territory_id=territory.territory_id,
        name=territory.name,
        regions=drawn.regions,
        industries=drawn.industries,
        grades=drawn.grades,
        member_ids=drawn.member_ids,
        team_ids=drawn.team_ids,
        closed=not territory.open,
    )
