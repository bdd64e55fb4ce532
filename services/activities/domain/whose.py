"""What the events of field work say alike: whose it is, and with whom it is."""

from typing import Protocol, TypedDict


class Work(Protocol):
    """Something a member does."""

    @property
    def member_id(self) -> str:
        """Who does it."""

    @property
    def owner_id(self) -> str:
        """Whose row it is."""

    @property
    def team_id(self) -> str | None:
        """The team it counts for."""


class Meeting(Work, Protocol):
    """Something a member does with a customer or a lead."""

    @property
    def customer_id(self) -> str | None:
        """With which customer."""

    @property
    def lead_id(self) -> str | None:
        """Or with which lead."""


class Whose(TypedDict):
    """The fields of an event that tell whose it is."""

    member_id: str
    owner_id: str
    team_id: str | None


class WithWhom(Whose):
    """The same, and with whom."""

    customer_id: str | None
    lead_id: str | None


def whose(work: Work) -> Whose:
    """Whose it is, for an event."""
    return Whose(member_id=work.member_id, owner_id=work.owner_id, team_id=work.team_id)


def with_whom(meeting: Meeting) -> WithWhom:
    """Whose it is and with whom, for an event."""
    return WithWhom(**whose(meeting), customer_id=meeting.customer_id, lead_id=meeting.lead_id)
