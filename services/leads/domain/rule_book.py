"""The assignment rules as they are kept: every version for ever, so that a decision can be looked up."""

from dataclasses import dataclass
from datetime import datetime

from services.leads.domain.assignment import Rule, RuleSet


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """One version of the rules; it never changes."""

    rules_version: int
    rules: tuple[Rule, ...]
    made_at: datetime
    made_by: str

    @property
    def rule_set(self) -> RuleSet:
        """The rules as decisions take them."""
        return RuleSet(self.rules_version, self.rules)


def id_of(rules_version: int) -> str:
    """Under what a version is kept: ids in the order of the versions."""
    return f"{rules_version:08}"
