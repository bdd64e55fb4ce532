"""Every type of event and every topic there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from backbone.contract import (
    activities,
    alerts,
    boards,
    complaints,
    customers,
    dead_letters,
    deals,
    directory,
    leads,
    papers,
    plans,
)
from backbone.contract.envelope import EventData


@dataclass(frozen=True)
class TopicSpec:
    """A Kafka topic: what keys its records, which service may write it, and whether old values are compacted away."""

    name: str
    key: str
    owner: str
    about: str
    compacted: bool = False


def _by_name(*topics: TopicSpec) -> Mapping[str, TopicSpec]:
    return MappingProxyType({topic.name: topic for topic in topics})


def _by_type(*events: type[EventData]) -> Mapping[str, type[EventData]]:
    return MappingProxyType({event.type: event for event in events})


TOPICS: Mapping[str, TopicSpec] = _by_name(
    TopicSpec("leads", key="lead", owner="leads", about="Leads from first sight to conversion."),
    TopicSpec("customers", key="customer", owner="customers", about="Customers, their grades, owners and contacts."),
    TopicSpec(
        "deals",
        key="deal or pipeline",
        owner="customers",
        about="Pipelines, and deals on their way through them with quotes, contracts and payments.",
    ),
    TopicSpec("activities", key="member", owner="activities", about="What members do in a day."),
    TopicSpec("complaints", key="complaint", owner="activities", about="Complaints and the customers' marks."),
    TopicSpec(
        "directory",
        key="member, team, work group or territory",
        owner="directory",
        about="Members, teams, work groups, territories, delegations and targets.",
    ),
    TopicSpec("alerts", key="subject", owner="analytics", about="What needs a person's eye."),
    TopicSpec("boards", key="board", owner="analytics", about="Figures that changed.", compacted=True),
    TopicSpec(
        "dead-letters", key="original key", owner="whoever refused it", about="Records that were refused, as they came."
    ),
)

CATALOGUE: Mapping[str, type[EventData]] = _by_type(
    leads.LeadCreated,
    leads.LeadAssigned,
    leads.LeadClaimed,
    leads.LeadReleased,
    leads.LeadRecycled,
    leads.LeadIdle,
    leads.LeadRevised,
    leads.LeadInquired,
    leads.LeadContactErased,
    leads.LeadQualified,
    leads.LeadDisqualified,
    leads.LeadReopened,
    leads.LeadMerged,
    leads.LeadUnmerged,
    leads.LeadConverted,
    customers.CustomerCreated,
    customers.CustomerGraded,
    customers.CustomerRevised,
    customers.CustomerTagged,
    customers.CustomerParentChanged,
    customers.CustomerShared,
    customers.CustomerOwnerChanged,
    customers.CustomerMerged,
    customers.CustomerUnmerged,
    customers.ContactAdded,
    customers.ContactRevised,
    customers.ContactRemoved,
    deals.PipelineChanged,
    deals.DealOpened,
    deals.StageChanged,
    deals.DealRevised,
    deals.DealOwnerChanged,
    deals.DealWon,
    deals.DealLost,
    deals.DealReopened,
    papers.QuoteSent,
    papers.QuoteAnswered,
    papers.ContractAdvanced,
    papers.ContractSigned,
    papers.PaymentDue,
    papers.PaymentReceived,
    papers.PaymentMatched,
    activities.VisitPlanned,
    plans.VisitReplanned,
    plans.VisitCancelled,
    plans.VisitMissed,
    activities.VisitStarted,
    activities.VisitLogged,
    activities.VisitVoided,
    activities.FollowUpLogged,
    activities.FollowUpVoided,
    plans.FollowUpPlanned,
    plans.FollowUpReplanned,
    plans.FollowUpCancelled,
    plans.FollowUpMissed,
    activities.ShiftStarted,
    activities.ShiftEnded,
    activities.ReportFiled,
    activities.ReportMissed,
    activities.ReportCommented,
    complaints.ComplaintOpened,
    complaints.ComplaintJudged,
    complaints.ComplaintAssigned,
    complaints.ComplaintReplied,
    complaints.ComplaintPaused,
    complaints.ComplaintResumed,
    complaints.ComplaintResolved,
    complaints.ComplaintReopened,
    complaints.ComplaintClosed,
    complaints.ComplaintMerged,
    complaints.SatisfactionRated,
    directory.MemberJoined,
    directory.MemberMoved,
    directory.MemberLeft,
    directory.MemberChanged,
    directory.DutyChanged,
    directory.DelegationStarted,
    directory.DelegationEnded,
    directory.TeamChanged,
    directory.GroupChanged,
    directory.TerritoryChanged,
    directory.TargetProposed,
    directory.TargetReturned,
    directory.TargetSet,
    alerts.AlertRaised,
    alerts.AlertCleared,
    boards.BoardChanged,
    boards.FunnelChanged,
    dead_letters.EventRejected,
)


def events_on(topic: str) -> tuple[type[EventData], ...]:
    """The events of a topic, in the order of the catalogue."""
    return tuple(event for event in CATALOGUE.values() if event.topic == topic)
