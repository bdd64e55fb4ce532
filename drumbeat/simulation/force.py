"""The people and customers of the simulation, all from a seed."""

import random
from dataclasses import dataclass
from typing import Final, Literal

Temper = Literal["hunter", "farmer", "newcomer", "drifter"]
"""The four kinds of reps.

hunter: new leads and deals first; farmer: visits the customers he has, wins
steadily; newcomer: many calls, few wins; drifter: few visits, logged late,
complaints left lying.
"""

TEMPERS: Final[tuple[Temper, ...]] = ("hunter", "farmer", "newcomer", "drifter")
Grade = Literal["A", "B", "C"]

_REGIONS: Final = (
    ("华东 East China", ("上海 Shanghai", "杭州 Hangzhou")),
    ("华南 South China", ("广州 Guangzhou", "深圳 Shenzhen")),
    ("北方 North China", ("北京 Beijing", "天津 Tianjin")),
)
_SURNAMES: Final = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN: Final = (*"伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚晨", "秀兰", "桂英", "思远", "雨桐")
_FIRM_HEADS: Final = [
    first + second
    for first, second in zip("恒瑞金华东海天安宏博嘉新盛广明启", "达丰源盛方川成泰图远禾锐世联德航", strict=True)
]
_FIRM_TRADES: Final = ["机械", "电子", "食品", "医药", "建材", "纺织", "物流", "化工"]
_CITY_CENTRES: Final = {
    "上海 Shanghai": (31.2304, 121.4737),
    "杭州 Hangzhou": (30.2741, 120.1551),
    "广州 Guangzhou": (23.1291, 113.2644),
    "深圳 Shenzhen": (22.5431, 114.0579),
    "北京 Beijing": (39.9042, 116.4074),
    "天津 Tianjin": (39.3434, 117.3616),
}


@dataclass(frozen=True, slots=True)
class Team:
    """A team of the tree; regions have no parent."""

    key: str
    name: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Rep:
    """A rep and how he works."""

    key: str
    name: str
    team: str
    temper: Temper


@dataclass(frozen=True, slots=True)
class Customer:
    """A firm, the rep who owns it, and where it is."""

    key: str
    name: str
    owner: str
    grade: Grade
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Force:
    """The whole organisation."""

    teams: tuple[Team, ...]
    reps: tuple[Rep, ...]
    customers: tuple[Customer, ...]

    def customers_of(self, rep: Rep) -> tuple[Customer, ...]:
        """The customers a rep owns, in order."""
        return tuple(customer for customer in self.customers if customer.owner == rep.key)


def make_force(seed: int, *, reps_per_team: int = 4, customers_per_rep: int = 8) -> Force:
    """The organisation of a seed: three regions, six teams, each temper in every team.

    Args:
        seed: the same seed gives the same people.
        reps_per_team: how many reps work in each team.
        customers_per_rep: how many customers each owns; one in five is grade A,
            two in five B, the others C.
    """
    dice = random.Random(seed)
    teams: list[Team] = []
    reps: list[Rep] = []
    customers: list[Customer] = []
    names = [surname + given for surname in _SURNAMES for given in _GIVEN]
    dice.shuffle(names)
    firms = [head + trade for head in _FIRM_HEADS for trade in _FIRM_TRADES]
    dice.shuffle(firms)
    for region_number, (region, cities) in enumerate(_REGIONS, start=1):
        teams.append(Team(f"region-{region_number}", region, None))
        for city_number, city in enumerate(cities, start=1):
            team = Team(f"team-{region_number}{city_number}", city, f"region-{region_number}")
            teams.append(team)
            for place in range(reps_per_team):
                rep = Rep(f"rep-{len(reps) + 1:03}", names[len(reps)], team.key, TEMPERS[place % len(TEMPERS)])
                reps.append(rep)
                customers += [_customer(dice, firms, len(customers) + n, rep, city) for n in range(customers_per_rep)]
    return Force(tuple(teams), tuple(reps), tuple(customers))


def _customer(dice: random.Random, firms: list[str], number: int, rep: Rep, city: str) -> Customer:
    lat, lon = _CITY_CENTRES[city]
    return Customer(
        key=f"customer-{number + 1:04}",
        name=f"{city.split(maxsplit=1)[0]}{firms[number % len(firms)]}有限公司",
        owner=rep.key,
        grade=dice.choices(("A", "B", "C"), (1, 2, 2))[0],
        lat=round(lat + dice.uniform(-0.15, 0.15), 5),
        lon=round(lon + dice.uniform(-0.15, 0.15), 5),
    )
