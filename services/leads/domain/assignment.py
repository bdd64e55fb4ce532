"""Who gets a lead: rules in the order of their priority, then a choice among the people of the first that fits.

Pure: what is known of the people (who is at work, how much they have, whose turn it is) is handed in, so a
decision made last month can be made again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from backbone.problems import Refused

Choice = Literal["round-robin", "least-open", "capacity"]

MOST_RULES: Final = 200
NO_RULE: Final = "no-rule"
NOBODY_AVAILABLE: Final = "nobody-available"

LEFT: Final = "left"
OFF_DUTY: Final = "off-duty"
FULL: Final = "full"
ELSEWHERE: Final = "other-territory"


class Described(Protocol):
    """What conditions look at."""

    @property
    def channel(self) -> str: ...  # noqa: D102
    @property
    def campaign(self) -> str | None: ...  # noqa: D102
    @property
    def territory(self) -> str | None: ...  # noqa: D102
    @property
    def industry(self) -> str | None: ...  # noqa: D102
    @property
    def product_ids(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def value_estimate(self) -> int | None: ...  # noqa: D102
    @property
    def currency(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a lead must be like; an empty condition asks for nothing.

    `value_from` (at least) and `value_below` are in minor units of `currency`; a lead of unknown value, or in
    another currency, meets no condition on its value.
    """

    territories: tuple[str, ...] = ()
    product_ids: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    value_from: int | None = None
    value_below: int | None = None
    currency: str | None = None

    def meets(self, lead: Described) -> bool:
        """Whether a lead is like that."""
        asked = (
            (self.territories, (lead.territory,)),
            (self.product_ids, lead.product_ids),
            (self.channels, (lead.channel,)),
            (self.campaigns, (lead.campaign,)),
            (self.industries, (lead.industry,)),
        )
        return all(not wanted or not set(wanted).isdisjoint(has) for wanted, has in asked) and self._worth(lead)

    def _worth(self, lead: Described) -> bool:
        if self.value_from is None and self.value_below is None:
            return True
        value = lead.value_estimate
        if value is None or lead.currency != self.currency:
            return False
        return (self.value_from is None or value >= self.value_from) and (
            self.value_below is None or value < self.value_below
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A member a rule may choose; `capacity` is how many open leads he may have (None = no bound)."""

    member_id: str
    capacity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    Args:
        rule_id: a code; what the log names, and what a turn of the round robin is kept by.
        name: as people call it.
        when: what a lead must be like.
        choose: how one is chosen among the people.
        people: by name; `team_id` adds everybody who works in a team or below it, with `team_capacity` each.
        within_territory: choose only who serves the lead's territory, by the directory.
        if_nobody: what happens when nobody can take it: it goes to the pool, or the next rule is asked.
    """

    rule_id: str
    name: str
    when: Conditions
    choose: Choice
    people: tuple[Seat, ...] = ()
    team_id: str | None = None
    team_capacity: int | None = None
    within_territory: bool = False
    if_nobody: Literal["pool", "next-rule"] = "pool"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One version of the rules, in the order of their priority; a version never changes."""

    rules_version: int
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """Who was passed over, and why: left, off-duty, full or other-territory."""

    member_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the rules said of a lead: by which rule of which version, whom they chose (None = the pool), and why."""

    rules_version: int
    rule_id: str | None
    member_id: str | None
    reason: str
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A member as a decision sees him; `open_leads` is how many he works on."""

    member_id: str
    active: bool = True
    on_duty: bool = True
    territories: tuple[str, ...] = ()
    open_leads: int = 0


def check_rules(rules: Sequence[Rule]) -> None:
    """Refuse a set of rules that cannot be followed.

    Raises:
        Refused: two of one id, a rule without people, a range of values that is empty or has no currency.
    """
    seen: set[str] = set()
    for place, rule in enumerate(rules):
        where, when = f"/rules/{place}", rule.when
        if rule.rule_id in seen:
            raise Refused("same-rule", f"Two rules are called {rule.rule_id!r}; rename one.", field=f"{where}/rule_id")
        seen.add(rule.rule_id)
        if not rule.people and rule.team_id is None:
            raise Refused("no-people", "Name the people or the team that get these leads.", field=f"{where}/people")
        if len({seat.member_id for seat in rule.people}) < len(rule.people):
            raise Refused("same-member", "A rule names somebody twice; leave one out.", field=f"{where}/people")
        if (when.value_from is not None or when.value_below is not None) and when.currency is None:
            raise Refused("no-currency", "Name the currency of the range of values.", field=f"{where}/when/currency")
        if when.value_below is not None and (when.value_from or 0) >= when.value_below:
            raise Refused("bad-order", "value_from must lie below value_below.", field=f"{where}/when/value_below")


def matching(rules: Sequence[Rule], lead: Described) -> list[Rule]:
    """The rules to ask for a lead, in their order; after one that ends in the pool nothing is asked."""
    found: list[Rule] = []
    for rule in rules:
        if rule.when.meets(lead):
            found.append(rule)
            if rule.if_nobody == "pool":
                break
    return found


def seats_of(rule: Rule, team: Sequence[str]) -> tuple[Seat, ...]:
    """Everybody a rule may choose: those it names, then the rest of its team."""
    named = {seat.member_id for seat in rule.people}
    rest = (Seat(member_id=one, capacity=rule.team_capacity) for one in team if one not in named)
    return (*rule.people, *rest)


def available(
    rule: Rule, lead: Described, seats: Sequence[Seat], people: Mapping[str, Person]
) -> tuple[list[Seat], tuple[Skipped, ...]]:
    """Who can take a lead, and who is passed over.

    Args:
        rule: the rule that fits.
        lead: what it is about.
        seats: whom the rule may choose.
        people: by member id; somebody who is not in it has left.
    """
    free: list[Seat] = []
    skipped: list[Skipped] = []
    for seat in seats:
        why = _why_not(rule, lead, seat, people.get(seat.member_id))
        if why is None:
            free.append(seat)
        else:
            skipped.append(Skipped(seat.member_id, why))
    return free, tuple(skipped)


def choose(rule: Rule, free: Sequence[Seat], people: Mapping[str, Person], turn: Sequence[str]) -> str | None:
    """Whom a rule chooses among those who can take the lead; None when nobody can.

    Args:
        rule: the rule.
        free: who can.
        people: by member id.
        turn: members in the order in which this rule chose them last, the latest at the end.
    """
    if not free:
        return None
    places = {member_id: place for place, member_id in enumerate(turn)}
    listed = {seat.member_id: place for place, seat in enumerate(free)}

    def by_turn(seat: Seat) -> tuple[int, int]:
        return places.get(seat.member_id, -1), listed[seat.member_id]

    def load(seat: Seat) -> float:
        has = people[seat.member_id].open_leads
        # Without a bound there is always room: such a seat is compared by what it has beside one lead of room.
        return has / seat.capacity if rule.choose == "capacity" and seat.capacity else has

    if rule.choose == "round-robin":
        return min(free, key=by_turn).member_id
    return min(free, key=lambda seat: (load(seat), *by_turn(seat))).member_id


def turned(turn: Sequence[str], member_id: str) -> tuple[str, ...]:
    """The order of turns after a member was chosen."""
    return (*(one for one in turn if one != member_id), member_id)


def _why_not(rule: Rule, lead: Described, seat: Seat, person: Person | None) -> str | None:
    if person is None or not person.active:
        return LEFT
    if not person.on_duty:
        return OFF_DUTY
    if rule.within_territory and lead.territory not in person.territories:
        return ELSEWHERE
    if seat.capacity is not None and person.open_leads >= seat.capacity:
        return FULL
    return None
