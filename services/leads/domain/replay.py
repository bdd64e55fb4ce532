"""A set of rules replayed on leads that were there: who would have got what; nothing is changed.

The replay begins with empty hands: open leads and turns are counted from the first lead on, and whoever
works now is taken to have been at work then, for who was off on which day is not known any more.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.leads.domain.assignment import (
    NO_RULE,
    NOBODY_AVAILABLE,
    Decision,
    Person,
    RuleSet,
    Skipped,
    available,
    choose,
    matching,
    seats_of,
    turned,
)
from services.leads.domain.lead import Lead


@dataclass(frozen=True, slots=True)
class Replayed:
    """A lead, who got it first (None = the pool), and what the replayed rules say."""

    lead_id: str
    was: str | None
    decision: Decision

    @property
    def changes(self) -> bool:
        """Whether somebody else would have got it."""
        return self.was != self.decision.member_id


@dataclass
class Replay:
    """Rules at work on one lead after the other.

    Args:
        rules: the set to try.
        people: who works now, by member id.
        teams: by team id, who works in it or below it.
    """

    rules: RuleSet
    people: Mapping[str, Person]
    teams: Mapping[str, Sequence[str]]
    open_leads: Counter[str] = field(default_factory=Counter)
    turns: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def run(self, leads: Iterable[Lead]) -> list[Replayed]:
        """What the rules say of leads in the order in which they came in."""
        return [
            Replayed(lead.lead_id, first_owner(lead), self.decide(lead))
            for lead in sorted(leads, key=lambda lead: (lead.created_at, lead.lead_id))
        ]

    def decide(self, lead: Lead) -> Decision:
        """What they say of the next lead."""
        skipped: tuple[Skipped, ...] = ()
        last: str | None = None
        for rule in matching(self.rules.rules, lead):
            last = rule.rule_id
            seats = seats_of(rule, self.teams.get(rule.team_id or "", ()))
            people = {
                one: replace(self.people[one], on_duty=True, open_leads=self.open_leads[one])
                for one in (seat.member_id for seat in seats)
                if one in self.people
            }
            free, passed = available(rule, lead, seats, people)
            skipped = (*skipped, *passed)
            turn = self.turns.get(rule.rule_id, ())
            chosen = choose(rule, free, people, turn)
            if chosen is not None:
                self.turns[rule.rule_id] = turned(turn, chosen)
                self.open_leads[chosen] += 1
                return Decision(
                    rules_version=self.rules.rules_version,
                    rule_id=rule.rule_id,
                    member_id=chosen,
                    reason=rule.choose,
                    skipped=skipped,
                )
        return nobody(self.rules.rules_version, last, skipped)


def nobody(rules_version: int, rule_id: str | None, skipped: tuple[Skipped, ...] = ()) -> Decision:
    """The decision for the pool: no rule fits, or nobody of those that do can take it."""
    return Decision(
        rules_version=rules_version,
        rule_id=rule_id,
        member_id=None,
        reason=NO_RULE if rule_id is None else NOBODY_AVAILABLE,
        skipped=skipped,
    )


def first_owner(lead: Lead) -> str | None:
    """Who got a lead when it came in: by the rules, where they spoke, else its owner of now."""
    return lead.owner_id if lead.decision is None else lead.decision.member_id
