"""Leads left alone: on day 3 the owner is reminded, on day 5 his manager, on day 7 they go to the pool.

The days are the organisation's, by grade (`PoolPolicy.idle`), counted in spans of 24 hours from the latest of: it
came in, the platform heard of it, it got its owner, somebody was in touch (a visit or a follow-up on it).
Each level is told once in one quiet time; contact begins a new one.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from backbone.contract.envelope import EventData
from backbone.contract.leads import LeadIdle, LeadRecycled
from services.leads.domain.lead import Lead
from services.leads.domain.moves import to_pool
from services.leads.domain.policy import IdleRule, PoolPolicy

OWNER, MANAGER = 1, 2


def quiet_since(lead: Lead, contact_at: datetime | None) -> datetime:
    """Since when nothing happened to a lead.

    Args:
        lead: with an owner.
        contact_at: when somebody was last in touch, as far as anybody told.
    """
    known = (lead.created_at, lead.recorded_at, lead.owned_at, contact_at)
    return max(moment for moment in known if moment is not None)


def next_step_at(lead: Lead, contact_at: datetime | None, policy: PoolPolicy) -> datetime | None:
    """When the next reminder or the recycling is due; None when nothing will come."""
    rule = _rule(lead, policy)
    if rule is None:
        return None
    since = quiet_since(lead, contact_at)
    level = lead.idle_level if lead.idle_from == since else 0
    due = [
        rule.remind_owner_days if level < OWNER else None,
        rule.remind_manager_days if level < MANAGER else None,
        rule.recycle_days,
    ]
    days = [day for day in due if day is not None]
    return since + timedelta(days=min(days)) if days else None


def look_after(
    lead: Lead, contact_at: datetime | None, policy: PoolPolicy, now: datetime
) -> tuple[Lead, Sequence[EventData]]:
    """What is due for a lead now; no events when nothing is.

    Everything that came due is told, also when nobody looked for days.

    Args:
        lead: as it stands.
        contact_at: when somebody was last in touch.
        policy: of the pool.
        now: the present instant.
    """
    rule = _rule(lead, policy)
    if rule is None or lead.owner_id is None:
        return lead, []
    since = quiet_since(lead, contact_at)
    level = lead.idle_level if lead.idle_from == since else 0
    events: list[EventData] = []
    for reminder, who, days in (
        (OWNER, "owner", rule.remind_owner_days),
        (MANAGER, "manager", rule.remind_manager_days),
    ):
        if days is not None and level < reminder and now >= since + timedelta(days=days):
            level = reminder
            events.append(_reminder(lead, lead.owner_id, who, since, rule, now))
    if rule.recycle_days is not None and now >= since + timedelta(days=rule.recycle_days):
        recycled = LeadRecycled(
            lead_id=lead.lead_id,
            owner_id=None,
            team_id=None,
            from_owner_id=lead.owner_id,
            from_team_id=lead.team_id,
            idle_seconds=_seconds(since, now),
            reason=f"no-contact-{rule.recycle_days}-days",
        )
        return to_pool(lead, now, barred_until=now + policy.bar), [*events, recycled]
    return (replace(lead, idle_from=since, idle_level=level), events) if events else (lead, [])


def _rule(lead: Lead, policy: PoolPolicy) -> IdleRule | None:
    return policy.idle_rule(lead.grade) if lead.is_open and lead.owner_id is not None else None


def _reminder(lead: Lead, owner_id: str, who: str, since: datetime, rule: IdleRule, now: datetime) -> LeadIdle:
    recycles_at = None if rule.recycle_days is None else since + timedelta(days=rule.recycle_days)
    return LeadIdle(
        lead_id=lead.lead_id,
        owner_id=owner_id,
        team_id=lead.team_id,
        level="owner" if who == "owner" else "manager",
        idle_seconds=_seconds(since, now),
        recycles_at=recycles_at,
    )


def _seconds(since: datetime, now: datetime) -> int:
    return int((now - since).total_seconds())
