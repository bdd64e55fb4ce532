from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backbone.contract.directory import TerritoryChanged
from backbone.problems import Refused
from services.directory.domain.member import Member
from services.directory.domain.team import Tree
from services.directory.domain.territory import (
    Drawn,
    Place,
    Service,
    Territory,
    close,
    covers,
    draw,
    fit,
    fitting,
    redraw,
    serving,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TREE = Tree({"china": None, "east": "china", "shanghai": "east", "west": "china"})
PUDONG = Place(region="310115", industry="hospital", grade="A")


def territory(territory_id: str, **drawn: tuple[str, ...]) -> Territory:
    return Territory(territory_id=territory_id, name=territory_id, drawn=Drawn(**drawn))


def member(member_id: str, team_id: str | None = None) -> Member:
    return Member(member_id=member_id, name=member_id, role="rep", team_id=team_id)


@pytest.mark.parametrize(
    ("region", "code", "held"),
    [
        ("310000", "310115", True),
        ("31", "310115", True),
        ("310115", "310115", True),
        ("310100", "310115", True),
        ("310115", "310000", False),
        ("320000", "310115", False),
        ("DE", "DE-BY", True),
        ("DE", "DE", True),
        ("DE", "DEX-BY", False),
        ("DE-BY", "DE", False),
        ("31", "DE-BY", False),
    ],
)
def test_a_region_holds_what_lies_below_it(region: str, code: str, held: bool) -> None:
    assert covers(region, code) is held


@pytest.mark.parametrize(
    ("drawn", "place", "how"),
    [
        pytest.param(Drawn(regions=("310000",)), PUDONG, (1, 2), id="one attribute"),
        pytest.param(Drawn(regions=("31", "310115"), grades=("A",)), PUDONG, (2, 6), id="the narrowest region counts"),
        pytest.param(Drawn(industries=("hospital", "pharmacy")), PUDONG, (1, 0), id="one of several"),
        pytest.param(Drawn(regions=("31",), grades=("B",)), PUDONG, None, id="one of two does not fit"),
        pytest.param(Drawn(regions=("31",)), Place(grade="A"), None, id="nobody knows the region"),
        pytest.param(Drawn(grades=("A",)), Place(), None, id="nobody knows the grade"),
    ],
)
def test_a_place_belongs_where_all_that_is_asked_for_fits(
    drawn: Drawn, place: Place, how: tuple[int, int] | None
) -> None:
    assert fit(drawn, place) == how


def test_the_territory_that_fits_most_exactly_comes_first() -> None:
    whole = territory("a-china", industries=("hospital",))
    city = territory("shanghai", regions=("310000",))
    district = territory("pudong", regions=("310115",))
    exact = territory("pudong-a", regions=("31",), grades=("A",))
    gone = replace(territory("old", regions=("310115",), grades=("A",)), closed_at=NOW)
    elsewhere = territory("jiangsu", regions=("320000",))

    found = fitting([whole, city, district, exact, gone, elsewhere], PUDONG)

    assert [one.territory_id for one in found] == ["pudong-a", "pudong", "shanghai", "a-china"]


def test_a_territory_is_served_by_who_is_named_and_by_teams_with_those_below() -> None:
    east = territory("t-east", regions=("31",), member_ids=("wu",), team_ids=("east",))
    li, wu, chen = member("li", "shanghai"), member("wu", "west"), member("chen", "west")
    gone = replace(member("old", "east"), left_at=NOW)

    assert serving(east, [wu, gone, chen, li], TREE) == ["li", "wu"]


def test_a_member_serves_his_own_territories_and_those_of_the_teams_above_him() -> None:
    service = Service(
        [
            territory("t-own", regions=("11",), member_ids=("li",)),
            territory("t-east", regions=("31",), team_ids=("east",)),
            territory("t-west", regions=("51",), team_ids=("west",)),
            replace(territory("t-old", regions=("12",), member_ids=("li",)), closed_at=NOW),
        ],
        TREE,
    )

    assert service.of(member("li", "shanghai")) == ("t-east", "t-own")
    assert service.of(member("nobody")) == ()


def test_a_territory_of_everything_is_none() -> None:
    with pytest.raises(Refused) as refused:
        draw("all", "All", Drawn(member_ids=("li",)))

    assert (refused.value.code, refused.value.field) == ("draws-everything", "/regions")


def test_a_territory_is_told_as_it_is_drawn() -> None:
    state, events = draw("t", "East", Drawn(regions=("31", "31"), member_ids=("li",)))

    assert state == replace(territory("t", regions=("31",), member_ids=("li",)), name="East")
    assert events == [TerritoryChanged(territory_id="t", name="East", regions=("31",), member_ids=("li",))]


def test_drawing_the_same_again_tells_nothing() -> None:
    east = territory("t", regions=("31",))

    assert redraw(east, "t", Drawn(regions=("31",))) == (east, [])


def test_a_closed_territory_is_not_drawn_anew() -> None:
    closed, events = close(territory("t", regions=("31",)), NOW)

    assert events == [TerritoryChanged(territory_id="t", name="t", regions=("31",), closed=True)]
    with pytest.raises(Refused) as refused:
        redraw(closed, "t", Drawn(regions=("32",)))
    assert refused.value.code == "territory-closed"
