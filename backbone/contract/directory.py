"""Events of the organisation: members, teams, work groups, territories, delegations, targets; each keyed by its own."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from backbone.contract.envelope import EventData
from backbone.contract.fields import Amount, Code, Currency, Day, Id, Moment, Reason, TeamId, Text

# A period in the organisation's time zone: all time, a year, a quarter, a month, an ISO week or a day.
PERIOD = r"^(all|\d{4}(-(Q[1-4]|W(0[1-9]|[1-4]\d|5[0-3])|(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?))?)$"

Ids = Annotated[tuple[Id, ...], Field(strict=False, max_length=1000)]
Codes = Annotated[tuple[Code, ...], Field(strict=False, max_length=1000)]


class MemberEvent(EventData):
    """What every event of a member carries."""

    topic: ClassVar[str] = "directory"
    key_field: ClassVar[str] = "member_id"
    subject_field: ClassVar[str] = "member_id"

    member_id: Id = Field(description="The member.")


class MemberJoined(MemberEvent):
    """A member joined the organisation."""

    type: ClassVar[str] = "member-joined"

    name: Text = Field(description="The name boards show.")
    role: Code = Field(description="What the member may do: admin, manager, rep or another code.")
    team_id: TeamId | None = Field(default=None, description="The team the member is in; null when in none.")


class MemberMoved(MemberEvent):
    """A member went from one team or role to another."""

    type: ClassVar[str] = "member-moved"

    from_team_id: Id | None = Field(description="The team before; null when in none.")
    team_id: TeamId | None = Field(description="The team from now on; null when in none.")
    from_role: Code | None = Field(default=None, description="The role before; null when it stays.")
    role: Code | None = Field(default=None, description="The role from now on; null when it stays.")


class MemberLeft(MemberEvent):
    """A member left the organisation."""

    type: ClassVar[str] = "member-left"

    team_id: TeamId | None = Field(default=None, description="The team the member was in last.")
    successor_id: Id | None = Field(default=None, description="The member who takes over what is open.")
    reason: Reason | None = None


class MemberChanged(MemberEvent):
    """A member was given another name or other rows to see."""

    type: ClassVar[str] = "member-changed"

    name: Text = Field(description="The name boards show from now on.")
    scope: Code | None = Field(default=None, description="The row scope set for the member; null = by role.")


class DutyChanged(MemberEvent):
    """A member was given other shifts or days off."""

    type: ClassVar[str] = "duty-changed"

    what: Code = Field(description="What changed: shifts or days-off.")
    first_on: Day | None = Field(default=None, description="The first day that changed; null when it is every week.")
    last_on: Day | None = Field(default=None, description="The last day that changed; null when it is every week.")


class DelegationStarted(MemberEvent):
    """A member handed the own work to another member for a while."""

    type: ClassVar[str] = "delegation-started"
    rules: ClassVar[tuple[str, ...]] = ("ends_at not before starts_at.",)
    subject_field: ClassVar[str] = "delegation_id"

    delegation_id: Id = Field(description="The delegation.")
    member_id: Id = Field(description="The member who is away.")
    delegate_id: Id = Field(description="The member who stands in.")
    starts_at: Moment = Field(description="When it begins.")
    ends_at: Moment | None = Field(default=None, description="When it ends by itself; null when somebody ends it.")

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if self.ends_at is not None and self.ends_at < self.starts_at:
            raise PydanticCustomError("bad_order", "ends_at must not lie before starts_at", {"field": "ends_at"})
        return self


class DelegationEnded(MemberEvent):
    """A member took the own work back from another member."""

    type: ClassVar[str] = "delegation-ended"
    subject_field: ClassVar[str] = "delegation_id"

    delegation_id: Id = Field(description="The delegation.")
    member_id: Id = Field(description="The member who is back.")
    delegate_id: Id = Field(description="The member who stood in.")
    reason: Reason | None = None


class TeamChanged(EventData):
    """A team was made, renamed, led by somebody else or hung elsewhere in the tree."""

    type: ClassVar[str] = "team-changed"
    topic: ClassVar[str] = "directory"
    key_field: ClassVar[str] = "team_id"
    subject_field: ClassVar[str] = "team_id"

    team_id: TeamId
    name: Text = Field(description="The name boards show.")
    parent_id: Id | None = Field(description="The team it belongs to from now on; null at the top of the tree.")
    from_parent_id: Id | None = Field(default=None, description="The team it belonged to before.")
    lead_id: Id | None = Field(default=None, description="The member who leads it (not a sales lead).")


class GroupChanged(EventData):
    """A work group was made, renamed, given other members or closed."""

    type: ClassVar[str] = "group-changed"
    topic: ClassVar[str] = "directory"
    key_field: ClassVar[str] = "group_id"
    subject_field: ClassVar[str] = "group_id"

    group_id: Id = Field(description="The work group.")
    name: Text = Field(description="What it is called.")
    member_ids: Ids = Field(description="Its members from now on; they share the rows given to it.")
    closed: bool = Field(default=False, description="Whether it is no more.")


class TerritoryChanged(EventData):
    """A territory was made, redrawn, given to other members or teams, or closed."""

    type: ClassVar[str] = "territory-changed"
    topic: ClassVar[str] = "directory"
    key_field: ClassVar[str] = "territory_id"
    subject_field: ClassVar[str] = "territory_id"

    territory_id: Id = Field(description="The territory.")
    name: Text = Field(description="What it is called.")
    regions: Codes = Field(default=(), description="Region codes it covers, with all below them; empty = any.")
    industries: Codes = Field(default=(), description="Industries it covers; empty = any.")
    grades: Codes = Field(default=(), description="Grades of customers it covers; empty = any.")
    member_ids: Ids = Field(default=(), description="Members who serve it.")
    team_ids: Ids = Field(default=(), description="Teams whose members serve it.")
    closed: bool = Field(default=False, description="Whether it is no more.")


class TargetEvent(EventData):
    """What every event of a target carries."""

    rules: ClassVar[tuple[str, ...]] = ("At least one of member_id and team_id.",)
    topic: ClassVar[str] = "directory"
    key_field: ClassVar[str] = "member_id or team_id"
    subject_field: ClassVar[str] = "target_id"

    target_id: Id = Field(description="The target.")
    member_id: Id | None = Field(default=None, description="The member it is for; null when it is for the team.")
    team_id: TeamId | None = Field(default=None, description="The team it is for; beside a member, the member's team.")
    metric: Code = Field(description="The figure to reach, such as visits or won-amount.")
    period: str = Field(
        pattern=PERIOD, description="When to reach it: all, 2017, 2017-Q4, 2017-12, 2017-W49 or 2017-12-05."
    )
    from_value: Amount | None = Field(default=None, description="The value before; null when it is new.")
    value: Amount = Field(description="What to reach; money in minor units of the currency.")
    currency: Currency | None = Field(
        default=None, description="ISO 4217 code of the currency when the figure is money."
    )

    @model_validator(mode="after")
    def _is_for_somebody(self) -> Self:
        if self.member_id is None and self.team_id is None:
            raise PydanticCustomError("no_counterpart", "Give member_id or team_id", {"field": "member_id"})
        return self

    def partition_key(self) -> str:
        """The member it is for, else the team."""
        return self.member_id or self.team_id or ""


class TargetProposed(TargetEvent):
    """A target was proposed, or proposed anew with another value."""

    type: ClassVar[str] = "target-proposed"


class TargetReturned(TargetEvent):
    """A proposed target was returned to who proposed it."""

    type: ClassVar[str] = "target-returned"


class TargetSet(TargetEvent):
    """A member or a team was given a target."""

    type: ClassVar[str] = "target-set"
