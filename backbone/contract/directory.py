"""Events of the organisation: members, teams, delegations and targets. All are keyed by the member or the team."""

from typing import ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from backbone.contract.envelope import EventData
from backbone.contract.fields import Amount, Code, Currency, Id, Moment, Reason, TeamId, Text

# A period in the organisation's time zone: all time, a year, a quarter, a month, an ISO week or a day.
PERIOD = r"^(all|\d{4}(-(Q[1-4]|W(0[1-9]|[1-4]\d|5[0-3])|(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?))?)$"


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


class TargetSet(EventData):
    """A member or a team was given a target."""

    type: ClassVar[str] = "target-set"
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
