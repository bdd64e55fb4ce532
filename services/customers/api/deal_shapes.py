"""What requests say of a deal and what answers show of it; money in minor units of the deal's currency."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from backbone.bodies import Body
from backbone.contract.fields import Amount as MinorUnits
from backbone.contract.fields import Code, Count, Id, Share, Text
from backbone.problems import Refused
from services.customers.domain.deal import Competitor, Credit, Line, State, Turn
from services.customers.domain.worth import MOST_AMOUNT


class LineShape(Body):
    """One product: the amount of the whole line, or the amount of one piece."""

    product_id: Id
    quantity: Count
    amount: MinorUnits | None = Field(None, description="Of the whole line; quantity times unit_amount by default.")
    unit_amount: MinorUnits | None = Field(None, description="Of one piece, where the line's amount is not stated.")


class CreditShape(Body):
    """What part of a deal a member is credited with."""

    member_id: Id
    share: Share


class CompetitorShape(Body):
    """Who else wants the order, as a code, and what is known of his offer (it stays in this service)."""

    model_config = ConfigDict(from_attributes=True)

    competitor: Code
    note: Text | None = None


class LineView(BaseModel):
    """One product of a deal."""

    product_id: str
    quantity: int
    amount: int


class CreditView(BaseModel):
    """What part of a deal a member is credited with, and what that comes to."""

    member_id: str
    share: float
    amount: int


class PaymentView(BaseModel):
    """Money that came in."""

    payment_id: str
    amount: int
    received_on: date
    due_on: date | None
    contract_id: str | None


class StepView(BaseModel):
    """One step of a deal's way; `to_stage` is a stage, or how the deal ended."""

    at: datetime
    turn: Turn
    from_stage: str | None
    to_stage: str
    by: str
    reason: str | None


class DealView(BaseModel):
    """A deal as it stands; amounts in minor units of the currency."""

    deal_id: str
    version: int = Field(description="Name it when you change the deal.")
    name: str | None
    owner_id: str | None
    team_id: str | None
    customer_id: str | None
    lead_id: str | None
    pipeline: str
    stage: str = Field(description="Where it stands, or stood when it was decided.")
    stage_since: datetime
    state: State
    amount: int
    amount_stated: bool = Field(description="Whether the amount was given; else it is the sum of the lines.")
    currency: str
    probability: float
    expected_close_on: date | None
    product_ids: list[str]
    opened_at: datetime
    changed_at: datetime = Field(description="Its latest change; nothing may be told from before it.")
    recorded_at: datetime
    decided_at: datetime | None
    reason: str | None = Field(description="Why it was won or lost.")
    lost_to: str | None = Field(description="The competitor who got the order.")
    lines: list[LineView]
    credits: list[CreditShape] = Field(description="As agreed; none means the owner alone.")
    credited: list[CreditView] = Field(description="What the credits come to, exact to the last minor unit.")
    competitors: list[CompetitorShape]
    payments: list[PaymentView]
    owed_since: date | None = Field(description="When the oldest unpaid instalment was due.")


class HistoryView(BaseModel):
    """A deal's way through its pipeline, the latest step last."""

    deal_id: str
    version: int
    pipeline: str
    stage: str
    state: State
    history: list[StepView]


def line_of(shape: LineShape, *, field: str) -> Line:
    """A line of a request as the domain takes it.

    Raises:
        Refused: it has no amount, or a larger one than an amount may be.
    """
    amount = shape.amount
    if amount is None:
        if shape.unit_amount is None:
            raise Refused("no-amount", "Give the line's amount, or the unit_amount.", field=field)
        amount = shape.quantity * shape.unit_amount
    if amount > MOST_AMOUNT:
        raise Refused("too-much", f"A line is worth {MOST_AMOUNT} minor units at most.", field=field)
    return Line(product_id=shape.product_id, quantity=shape.quantity, amount=amount)


def lines_of(shapes: list[LineShape]) -> tuple[Line, ...]:
    """The lines of a request."""
    return tuple(line_of(shape, field=f"/lines/{place}") for place, shape in enumerate(shapes))


def credits_of(shapes: list[CreditShape]) -> tuple[Credit, ...]:
    """The credits of a request."""
    return tuple(Credit(**shape.model_dump()) for shape in shapes)


def competitors_of(shapes: list[CompetitorShape]) -> tuple[Competitor, ...]:
    """The competitors of a request."""
    return tuple(Competitor(**shape.model_dump()) for shape in shapes)
