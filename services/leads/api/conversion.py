"""Converting a lead, over HTTP."""

from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from backbone.bodies import Body, Change
from backbone.contract.fields import Amount, Code, Currency, Day, Id, Probability, Text
from backbone.saga.api import AtRunner, SagaView, answer_saga
from backbone.web import Asking
from services.leads.api.door import SELLERS, AtDesk
from services.leads.handlers import conversion as handlers
from services.leads.handlers.conversion import Wish

router = APIRouter(prefix="/leads", tags=["leads"])


class DealToOpen(Body):
    """The deal that is opened with the customer; what is left out is taken from the lead."""

    name: Text | None = Field(None, description="As people call it.")
    pipeline: Code | None = Field(None, description="Where it goes; the one of its products by default.")
    stage: Code | None = Field(None, description="Where it begins; the pipeline's first stage by default.")
    amount: Amount | None = Field(None, description="In minor units; the lead's estimate by default.")
    currency: Currency | None = None
    probability: Probability | None = None
    expected_close_on: Day | None = None

    def told(self) -> dict[str, Any]:
        """What is told, as JSON."""
        return self.model_dump(mode="json", exclude_none=True)


class ConversionToBegin(Change):
    """What the lead becomes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 3,
                    "customer_name": "合肥泵业有限公司",
                    "deal": {"pipeline": "standard", "amount": 1200000},
                },
                {"version": 3, "customer_id": "0199c0de-7b1a-7c11-9d7e-3f1c5a1b2c3d"},
            ]
        }
    )

    customer_id: Id | None = Field(None, description="The customer it goes into; a new one by default.")
    customer_name: Text | None = Field(
        None, description="How a new customer is called; as the lead's company by default, else as the person."
    )
    duplicates: Literal["refuse", "allow"] | None = Field(
        None, description="Whether a new customer may be like another one; see `POST /customers`."
    )
    deal: DealToOpen | None = Field(None, description="The deal to open with it; none by default.")


@router.post(
    "/{lead_id}/convert",
    summary="Convert a lead",
    dependencies=SELLERS,
    responses={202: {"model": SagaView, "description": "It goes on by itself; ask at `GET /sagas/{saga_id}`."}},
)
async def convert_lead(
    lead_id: str, body: ConversionToBegin, desk: AtDesk, sagas: AtRunner, asks: Asking, response: Response
) -> SagaView:
    """Make a lead a customer of its owner's, with its contacts and, if wished, a deal; 202 when it goes on by itself.

    Until that is over the lead cannot be changed or converted again. What is refused before the customer is
    entered (a customer with this tax id is there, the owner has left) leaves the lead as it was. A contact or
    deal that is refused later is left out: see `results.contacts.left_out` and `results.deal.refused`.
    Emits customer-created, contact-added and deal-opened of the customers service, then lead-converted.
    """
    wish = Wish(body.customer_id, body.customer_name, body.duplicates, None if body.deal is None else body.deal.told())
    return answer_saga(await handlers.convert_lead(desk, sagas, asks, lead_id, body.version, wish), response)
