"""Events of figures: a standing or a funnel has new values. The topic is compacted, so each one carries the whole."""

from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from backbone.contract.envelope import EventData
from backbone.contract.fields import Code, Id, JoinedId, Moment, Pipeline

METRICS: Final = (
    "visits",
    "follow-ups",
    "new-leads",
    "new-customers",
    "deals-won",
    "won-amount",
    "complaints-in-time",
)
"""The figures there are boards of."""

MONEY_METRICS: Final = frozenset({"won-amount"})
"""Those of them in minor units of a currency."""

DayNumber = Annotated[str, Field(pattern=r"^(0[1-9]|[12]\d|3[01])$")]


class DayFigure(BaseModel):
    """The figure of one day."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    value: int = Field(ge=-(10**15), le=10**15, description="The figure; money in minor units.")
    reached_at: Moment | None = Field(
        default=None, description="When the last contribution happened; the earlier wins a tie."
    )


class BoardChanged(EventData):
    """A standing (one member, team and month) has new values."""

    type: ClassVar[str] = "board-changed"
    topic: ClassVar[str] = "boards"
    key_field: ClassVar[str] = "board_id"
    subject_field: ClassVar[str] = "board_id"

    board_id: JoinedId = Field(
        description="The standing document: member, team (a dash for none) and month, joined with bars."
    )
    member_id: Id | None = Field(description="The member it is of; null for what nobody owns.")
    team_id: Id | None = Field(description="The team it counts for; null for the company only.")
    month: str = Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="The month, in the organisation's time zone.")
    metrics: Annotated[tuple[Code, ...], Field(strict=False, max_length=100)] = Field(
        description="The metrics that changed."
    )
    values: dict[Code, dict[DayNumber, DayFigure]] = Field(
        max_length=100, description="The figures of the whole document: by metric, then by day of the month (01 to 31)."
    )
    revision: int = Field(
        ge=0, le=2**53, description="Grows with every change of the document; the highest is the newest."
    )


class FunnelChanged(EventData):
    """The funnel of a pipeline has new values, to be had from the API."""

    type: ClassVar[str] = "funnel-changed"
    topic: ClassVar[str] = "boards"
    key_field: ClassVar[str] = "pipeline"
    subject_field: ClassVar[str] = "pipeline"

    pipeline: Pipeline
    revision: int = Field(ge=0, le=2**53, description="Grows with every change of the funnel.")
