"""Who shall answer a complaint: rules in their order, and whose turn it is.

The first rule in force whose conditions hold decides; it chooses among the members it names, or else
among those with the role `service` in its team and the teams below. Who has left or is off duty is
passed over, and said so. `round-robin` takes whoever had his turn longest ago; `least-open` whoever has
the fewest complaints open, then whoever had his turn longest ago. When nobody is on duty the
complaint lies with the leader of the rule's team.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from backbone.problems import Refused
from services.activities.domain.opening import Choice
from services.activities.domain.story import Assignment

Way = Literal["round-robin", "least-open"]

SERVICE_ROLE: Final = "service"
MOST_TOLD: Final = 20
"""As many of those passed over are kept with the complaint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRule:
    """Who shall answer which complaints; an empty condition holds for all.

    Rules are asked by `position`, smallest first, then by id.
    """

    rule_id: str
    name: str
    position: int
    severities: tuple[str, ...] = ()
    product_ids: tuple[str, ...] = ()
    customer_grades: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    way: Way
    team_id: str
    member_ids: tuple[str, ...] = ()
    active: bool = True
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What rules look at; None = not known."""

    severity: str | None = None
    product_id: str | None = None
    customer_grade: str | None = None
    territory: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """A member who may be asked: `serves` tells whether his role is `service`."""

    member_id: str
    team_id: str | None
    active: bool = True
    on_duty: bool = True
    serves: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Who was chosen by a rule, and in which turn last; `count` is the number of turns so far."""

    count: int = 0
    last: tuple[tuple[str, int], ...] = ()


def first_rule(rules: Iterable[AssignmentRule], facts: Facts) -> AssignmentRule | None:
    """The rule that decides; None when none in force fits."""
    ordered = sorted(rules, key=lambda rule: (rule.position, rule.rule_id))
    return next((rule for rule in ordered if rule.active and _fits(rule, facts)), None)


def hands_for(rule: AssignmentRule, hands: Iterable[Hand]) -> tuple[list[Hand], list[str]]:
    """Those a rule may choose among, by id, and those it must pass over."""
    group = [hand for hand in hands if (hand.member_id in rule.member_ids if rule.member_ids else hand.serves)]
    group.sort(key=lambda hand: hand.member_id)
    fit = [hand for hand in group if hand.active and hand.on_duty]
    return fit, [hand.member_id for hand in group if not (hand.active and hand.on_duty)]


def next_hand(way: Way, fit: Sequence[Hand], turns: Turns, open_counts: Mapping[str, int]) -> tuple[Hand, Turns]:
    """Whose turn it is, and the turns after his.

    Args:
        way: how to choose.
        fit: among whom, at least one.
        turns: of the rule so far.
        open_counts: complaints each has open; who is missing has none.
    """
    last = dict(turns.last)

    def rank(hand: Hand) -> tuple[int, int, str]:
        burden = open_counts.get(hand.member_id, 0) if way == "least-open" else 0
        return (burden, last.get(hand.member_id, 0), hand.member_id)

    chosen = min(fit, key=rank)
    count = turns.count + 1
    return chosen, Turns(count=count, last=tuple(sorted({**last, chosen.member_id: count}.items())))


def chosen_by(rule: AssignmentRule, hand: Hand | None, passed_over: Sequence[str]) -> Choice:
    """What a rule decided, with the reason; nobody = the queue of its team's leader."""
    return Choice(
        owner_id=None if hand is None else hand.member_id,
        team_id=rule.team_id if hand is None else hand.team_id,
        assignment=Assignment(
            reason="nobody-on-duty" if hand is None else rule.way,
            rule_id=rule.rule_id,
            passed_over=tuple(passed_over[:MOST_TOLD]),
        ),
    )


def withdraw_rule(rule: AssignmentRule) -> AssignmentRule:
    """Let a rule decide no more.

    Raises:
        Refused: it was withdrawn before.
    """
    if not rule.active:
        raise Refused("withdrawn", "This rule was withdrawn before.")
    return replace(rule, active=False)


def _fits(rule: AssignmentRule, facts: Facts) -> bool:
    asked = (
        (rule.severities, facts.severity),
        (rule.product_ids, facts.product_id),
        (rule.customer_grades, facts.customer_grade),
        (rule.territories, facts.territory),
        (rule.channels, facts.channel),
    )
    return all(not wanted or known in wanted for wanted, known in asked)
