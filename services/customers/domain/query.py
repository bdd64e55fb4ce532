"""A small query language over customers, as JSON: safe, for nothing of it reaches the store but by a table; pure.

    {"all": [{"field": "grade", "in": ["A", "B"]},
             {"any": [{"field": "last_visit", "older_than_days": 30}, {"field": "last_visit", "known": false}]},
             {"not": {"field": "tags", "is": "on-hold"}}]}

| kind | fields | comparisons |
|---|---|---|
| code | grade, territory, industry, channel, owner, team, parent, tags, co_owners | is, in, known |
| number | open_deals, deals_won, turnover, visits | is, at_least, at_most |
| moment | created, owned_since, last_visit, last_contact | older_than_days, within_days, before, after, known |

What it means stands in `query_meaning`. Days are whole days of the organisation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from backbone.problems import Refused
from services.customers.domain.customer import Customer

MOST_DEPTH: Final = 6
MOST_PARTS: Final = 60
MOST_VALUES: Final = 50
MOST_DAYS: Final = 36_600
FIRST_DAY: Final = date(1970, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)

Kind = Literal["code", "number", "moment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What others tell of a customer: visits and contacts, and its deals here.

    `visits` counts those of the last `FACT_DAYS`; `turnover` is what deals won in that time are worth,
    in minor units of the organisation's currency.
    """

    last_visit_at: datetime | None = None
    last_contact_at: datetime | None = None
    visits: int = 0
    open_deals: int = 0
    deals_won: int = 0
    turnover: int = 0


FACT_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Field:
    """A field one may ask for: its kind, where it stands in a document, and how it is read of a customer."""

    kind: Kind
    path: str
    read: Callable[[Customer, Facts], Any]


FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "grade": Field("code", "state.grade", lambda c, _: c.grade),
        "territory": Field("code", "state.territory", lambda c, _: c.territory),
        "industry": Field("code", "state.industry", lambda c, _: c.industry),
        "channel": Field("code", "state.channel", lambda c, _: c.channel),
        "owner": Field("code", "state.owner_id", lambda c, _: c.owner_id),
        "team": Field("code", "state.team_id", lambda c, _: c.team_id),
        "parent": Field("code", "state.parent_customer_id", lambda c, _: c.parent_customer_id),
        "tags": Field("code", "state.tags", lambda c, _: c.tags),
        "co_owners": Field("code", "state.co_owner_ids", lambda c, _: c.co_owner_ids),
        "open_deals": Field("number", "facts.open_deals", lambda _, f: f.open_deals),
        "deals_won": Field("number", "facts.deals_won", lambda _, f: f.deals_won),
        "turnover": Field("number", "facts.turnover", lambda _, f: f.turnover),
        "visits": Field("number", "facts.visits", lambda _, f: f.visits),
        "created": Field("moment", "state.created_at", lambda c, _: c.created_at),
        "owned_since": Field("moment", "state.owned_since", lambda c, _: c.owned_since),
        "last_visit": Field("moment", "facts.last_visit_at", lambda _, f: f.last_visit_at),
        "last_contact": Field("moment", "facts.last_contact_at", lambda _, f: f.last_contact_at),
    }
)

COMPARISONS: Final[Mapping[Kind, frozenset[str]]] = MappingProxyType(
    {
        "code": frozenset(("is", "in", "known")),
        "number": frozenset(("is", "at_least", "at_most")),
        "moment": frozenset(("older_than_days", "within_days", "before", "after", "known")),
    }
)


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of one field."""

    name: str
    comparison: str
    value: Any


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold; holds when there is none."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One part holds at least."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Neither:
    """The part does not hold."""

    part: "Query"


Query = Test | Every | Some | Neither


@dataclass(frozen=True, slots=True)
class Today:
    """What `older_than_days` and the like are counted from: the organisation's day and zone."""

    day: date
    zone: ZoneInfo

    def start(self, day: date) -> datetime:
        """The first moment of a day."""
        return datetime.combine(day, time(), self.zone)


def read_query(written: object, *, at: str = "/query") -> Query:
    """A query from its JSON.

    Args:
        written: what was sent.
        at: JSON pointer to it, for the error.

    Raises:
        Refused: it is no query of this language; the message and the pointer tell which part.
    """
    return _Reader().read(written, at, 1)


@dataclass(slots=True)
class _Reader:
    parts: int = field(default=0)

    def read(self, written: object, at: str, depth: int) -> Query:
        self.parts += 1
        if depth > MOST_DEPTH or self.parts > MOST_PARTS:
            raise Refused(
                "query-too-large", f"A query is {MOST_DEPTH} deep and has {MOST_PARTS} parts at most.", field=at
            )
        if not isinstance(written, dict) or not written:
            raise Refused("bad-query", "Write all, any, not, or a field with one comparison.", field=at)
        if "field" in written:
            return _test(written, at)
        ((word, value),) = written.items() if len(written) == 1 else ((None, None),)
        if word == "not":
            return Neither(self.read(value, f"{at}/not", depth + 1))
        if word in ("all", "any") and isinstance(value, list):
            parts = tuple(self.read(part, f"{at}/{word}/{place}", depth + 1) for place, part in enumerate(value))
            if word == "all":
                return Every(parts)
            if not parts:
                raise Refused("bad-query", "any needs one part at least.", field=f"{at}/any")
            return Some(parts)
        raise Refused("bad-query", "Write all, any, not, or a field with one comparison.", field=at)


def _test(written: Mapping[str, object], at: str) -> Test:
    name = written["field"]
    known = FIELDS.get(name) if isinstance(name, str) else None
    if known is None or not isinstance(name, str):
        raise Refused("unknown-field", f"Ask for one of: {', '.join(sorted(FIELDS))}.", field=f"{at}/field")
    comparisons = [word for word in written if word != "field"]
    if len(comparisons) != 1 or comparisons[0] not in COMPARISONS[known.kind]:
        ways = ", ".join(sorted(COMPARISONS[known.kind]))
        raise Refused("bad-comparison", f"Compare {name} in one of these ways: {ways}.", field=at)
    (comparison,) = comparisons
    return Test(name, comparison, _value(known.kind, comparison, written[comparison], f"{at}/{comparison}"))


def _value(kind: Kind, comparison: str, value: object, at: str) -> Any:
    if comparison == "known":
        return _of_type(bool, value, at, "true or false")
    if kind == "code":
        if comparison == "is":
            return _text(value, at)
        values = _of_type(list, value, at, "a list of codes")
        if not 1 <= len(values) <= MOST_VALUES:
            raise Refused("bad-value", f"Give 1 to {MOST_VALUES} values.", field=at)
        return tuple(_text(one, f"{at}/{place}") for place, one in enumerate(values))
    if comparison in ("before", "after"):
        return _day(_text(value, at), at)
    number = _of_type(int, value, at, "a whole number")
    if isinstance(value, bool) or not 0 <= number <= (MOST_DAYS if kind == "moment" else 10**15):
        raise Refused("bad-value", "Give a whole number that is not negative and not absurdly large.", field=at)
    return number


def _day(text: str, at: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as broken:
        raise Refused("bad-value", "Write the day as YYYY-MM-DD.", field=at) from broken
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Refused("bad-value", "The day must lie between 1970 and 2199.", field=at)
    return day


def _of_type(kind: type[Any], value: object, at: str, what: str) -> Any:
    if not isinstance(value, kind):
        raise Refused("bad-value", f"Give {what}.", field=at)
    return value


def _text(value: object, at: str) -> str:
    text: str = _of_type(str, value, at, "a text")
    if not 1 <= len(text) <= 128:
        raise Refused("bad-value", "Give a text of 1 to 128 letters.", field=at)
    return text
