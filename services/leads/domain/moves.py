"""What can happen to a lead: it changes hands, is judged, or is corrected.

| move | from | to |
|---|---|---|
| qualify | new | qualified |
| disqualify | new, qualified | disqualified |
| reopen | disqualified | new |
| assign, claim, release, recycle, revise | new, qualified | the same |
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from backbone.contract.leads import (
    LeadAssigned,
    LeadDisqualified,
    LeadQualified,
    LeadReleased,
    LeadReopened,
    LeadRevised,
)
from backbone.moments import check_happened, check_not_before
from backbone.problems import Refused
from services.leads.domain.assignment import Decision
from services.leads.domain.identity.tax_ids import normal_tax_id
from services.leads.domain.lead import Bar, Decided, Lead, LeadState, check_money
from services.leads.domain.policy import PoolPolicy

FROM: Final[Mapping[str, frozenset[LeadState]]] = {
    "qualified": frozenset({LeadState.NEW}),
    "disqualified": frozenset({LeadState.NEW, LeadState.QUALIFIED}),
    "reopened": frozenset({LeadState.DISQUALIFIED}),
    "assigned": frozenset({LeadState.NEW, LeadState.QUALIFIED}),
    "claimed": frozenset({LeadState.NEW, LeadState.QUALIFIED}),
    "released": frozenset({LeadState.NEW, LeadState.QUALIFIED}),
    "changed": frozenset({LeadState.NEW, LeadState.QUALIFIED}),
}
"""By move, the states it is allowed from."""

REVISED: Final = frozenset(
    {
        *("campaign", "territory", "industry", "product_ids", "value_estimate", "currency", "grade"),
        *("company_name", "tax_id", "note", "group_ids"),
    }
)
"""Fields people may correct."""


def check_may(lead: Lead, move: str) -> None:
    """Refuse a move that the lead's state does not allow.

    Raises:
        Refused: it is in another state; a merged one names the lead it went into.
    """
    if lead.merged is not None:
        raise Refused("merged", f"This lead went into lead {lead.merged.into_lead_id!r}; change that one.")
    if lead.state not in FROM[move]:
        allowed = " or ".join(sorted(FROM[move]))
        raise Refused("wrong-state", f"A lead that is {lead.state} cannot be {move}; it must be {allowed}.")


def qualify(lead: Lead, at: datetime, now: datetime, *, score: int | None = None, reason: str | None = None) -> Decided:
    """Find a lead worth selling to.

    Args:
        lead: as it stands.
        at: when.
        now: the present instant.
        score: how promising it is, 0 to 100.
        reason: why, as a code.

    Raises:
        Refused: it is not new, or `at` lies in the future or before it came in.
    """
    check_may(lead, "qualified")
    check_order(lead, at, now)
    return replace(lead, state=LeadState.QUALIFIED, score=score, reason=reason), [
        LeadQualified(lead_id=lead.lead_id, owner_id=lead.owner_id, team_id=lead.team_id, score=score, reason=reason)
    ]


def disqualify(lead: Lead, at: datetime, now: datetime, *, reason: str) -> Decided:
    """Find a lead not worth selling to; it gives up what it claimed, so that the firm can come in again.

    Raises:
        Refused: it is not open, or `at` lies in the future or before it came in.
    """
    check_may(lead, "disqualified")
    check_order(lead, at, now)
    return replace(lead, state=LeadState.DISQUALIFIED, reason=reason, undecided=False, pooled_at=None), [
        LeadDisqualified(lead_id=lead.lead_id, owner_id=lead.owner_id, team_id=lead.team_id, reason=reason)
    ]


def reopen(lead: Lead, at: datetime, now: datetime, *, reason: str | None = None) -> Decided:
    """Look at a disqualified lead again; its quiet time begins anew.

    Raises:
        Refused: it is not disqualified, or `at` lies in the future or before it came in.
    """
    check_may(lead, "reopened")
    check_order(lead, at, now)
    reopened = replace(lead, state=LeadState.NEW, score=None, reason=reason)
    reopened = given(reopened, at) if lead.owner_id is not None else replace(reopened, pooled_at=at)
    return reopened, [LeadReopened(lead_id=lead.lead_id, owner_id=lead.owner_id, team_id=lead.team_id, reason=reason)]


def assign(
    lead: Lead,
    at: datetime,
    now: datetime,
    *,
    owner_id: str,
    team_id: str | None,
    reason: str = "by-hand",
    decision: Decision | None = None,
) -> Decided:
    """Give a lead to a member.

    Args:
        lead: as it stands, with an owner or in the pool.
        at: when.
        now: the present instant.
        owner_id: who has it from now on.
        team_id: his team.
        reason: why, as a code.
        decision: what the assignment rules said, when they did.

    Raises:
        Refused: it is not open, he has it already, or `at` lies in the future or before it came in.
    """
    check_may(lead, "assigned")
    check_order(lead, at, now)
    if lead.owner_id == owner_id:
        raise Refused("owned-before", f"Member {owner_id!r} has this lead already.", field="/owner_id")
    owned = replace(
        given(lead, at), owner_id=owner_id, team_id=team_id, undecided=False, decision=decision or lead.decision
    )
    return owned, [
        LeadAssigned(
            lead_id=lead.lead_id,
            owner_id=owner_id,
            team_id=team_id,
            from_owner_id=lead.owner_id,
            from_team_id=lead.team_id,
            rule=None if decision is None else decision.rule_id,
            rules_version=None if decision is None else decision.rules_version or None,
            reason=reason if decision is None else decision.reason,
        )
    ]


def leave_in_pool(lead: Lead, at: datetime, decision: Decision) -> Decided:
    """Note that the assignment rules found nobody for a lead: it lies in the public pool."""
    return replace(lead, undecided=False, decision=decision, pooled_at=at), []


def release(
    lead: Lead, at: datetime, now: datetime, *, reason: str, by_member_id: str | None, policy: PoolPolicy
) -> Decided:
    """Give a lead back to the public pool.

    Args:
        lead: as it stands.
        at: when.
        now: the present instant.
        reason: why, as a code.
        by_member_id: who gives it; when it is not the owner himself, it is taken from him, and he is barred.
        policy: of the pool.

    Raises:
        Refused: it is not open, it lies in the pool already, or `at` lies in the future or before it came in.
    """
    check_may(lead, "released")
    check_order(lead, at, now)
    if lead.owner_id is None:
        raise Refused("in-pool", "This lead lies in the public pool already.")
    taken = by_member_id != lead.owner_id
    return to_pool(lead, at, barred_until=at + policy.bar if taken else None), [
        LeadReleased(
            lead_id=lead.lead_id,
            owner_id=None,
            team_id=None,
            from_owner_id=lead.owner_id,
            from_team_id=lead.team_id,
            reason=reason,
        )
    ]


def to_pool(lead: Lead, at: datetime, *, barred_until: datetime | None) -> Lead:
    """The lead in the public pool, with its owner barred until then (None = he may take it back at once)."""
    bars = tuple(bar for bar in lead.bars if bar.until > at and bar.member_id != lead.owner_id)
    if barred_until is not None and lead.owner_id is not None:
        bars = (*bars, Bar(member_id=lead.owner_id, until=barred_until))
    return replace(
        lead,
        owner_id=None,
        team_id=None,
        group_ids=(),
        owned_at=None,
        pooled_at=at,
        idle_from=None,
        idle_level=0,
        bars=bars,
    )


def revise(lead: Lead, at: datetime, now: datetime, *, changes: Mapping[str, Any]) -> Decided:
    """Correct what is known of a lead.

    Args:
        lead: as it stands.
        at: when.
        now: the present instant.
        changes: new values by field of `REVISED`; None empties a field.

    Raises:
        Refused: it is not open, nothing is new, a value is in no currency, or the tax id is none.
    """
    check_may(lead, "changed")
    check_order(lead, at, now)
    wanted = dict(changes)
    if wanted.get("tax_id") is not None:
        wanted["tax_id"] = normal_tax_id(wanted["tax_id"])
    revised = replace(lead, **{name: value for name, value in wanted.items() if name in REVISED})
    if revised == lead:
        raise Refused("nothing-new", "Everything is as you say already; change something.")
    check_money(revised)
    return revised, [revised_event(revised)]


def given(lead: Lead, at: datetime) -> Lead:
    """The lead on its first day with an owner: nobody was reminded yet, and bars that are over are forgotten."""
    bars = tuple(bar for bar in lead.bars if bar.until > at)
    return replace(lead, owned_at=at, pooled_at=None, idle_from=None, idle_level=0, bars=bars)


def check_order(lead: Lead, at: datetime, now: datetime) -> None:
    """Refuse what lies in the future, or before a lead came in.

    Raises:
        Refused: it does.
    """
    check_happened(at, now)
    check_not_before(at, lead.created_at, "the lead came in")


def revised_event(lead: Lead) -> LeadRevised:
    """What holds of a lead from now on, without the people."""
    return LeadRevised(
        lead_id=lead.lead_id,
        owner_id=lead.owner_id,
        team_id=lead.team_id,
        campaign=lead.campaign,
        territory=lead.territory,
        industry=lead.industry,
        product_ids=lead.product_ids,
        value_estimate=lead.value_estimate,
        currency=lead.currency,
        grade=lead.grade,
    )
