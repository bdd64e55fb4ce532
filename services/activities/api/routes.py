"""Routes over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from backbone.bodies import Body
from backbone.contract.fields import Day, Id, Moment
from backbone.problems import Refused
from backbone.web import Asking
from services.activities.api.door import AtDesk
from services.activities.api.fieldwork import Latitude, Longitude
from services.activities.desk import Desk
from services.activities.domain.place import Spot
from services.activities.domain.route import Leg, WhyOut
from services.activities.handlers import routes as handlers
from services.activities.handlers.routes import MOST_STOPS, Routed, Wish

router = APIRouter(tags=["plans and routes"])

EXAMPLE: JsonDict = {
    "on": "2026-03-02",
    "start": {"lat": 31.2304, "lon": 121.4737},
    "begins_at": "2026-03-02T09:00:00+08:00",
    "ends_at": "2026-03-02T18:00:00+08:00",
    "apply": True,
}


class SpotToGo(Body):
    """A point by WGS 84, in degrees."""

    lat: Latitude
    lon: Longitude

    def spot(self) -> Spot:
        """The same as the rules take it."""
        return Spot(self.lat, self.lon)


class RouteToFind(Body):
    """A day that is to be ordered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    member_id: Id | None = Field(None, description="Whose day; the key's own member's by default.")
    on: Day
    start: SpotToGo = Field(description="Where the day begins.")
    end: SpotToGo | None = Field(None, description="Where it ends; anywhere by default.")
    begins_at: Moment | None = Field(None, description="When it begins; 09:00 of the day by default.")
    ends_at: Moment | None = Field(None, description="When it must be over; 18:00 of the day by default.")
    speed_kmh: Annotated[float, Field(ge=3, le=150)] = Field(25, description="How fast one gets on, stops included.")
    stay_minutes: int = Field(30, ge=1, le=600, description="How long a visit takes whose plan names no end.")
    planned_visit_ids: list[Id] = Field(
        default=[],
        max_length=MOST_STOPS,
        description="The planned visits in the order you have in mind; all of the day by default.",
    )
    apply: bool = Field(default=False, description="Also give the planned visits the hours of the route.")

    async def wish(self, desk: Desk, asks: Asking) -> Wish:
        """What is asked for.

        Raises:
            Refused: the day ends before it begins, or nobody is named.
            Forbidden: the caller may not act for this member.
        """
        member = await desk.members.acting(asks.caller, self.member_id)
        begins, ends = handlers.usual_day(desk, self.on, timedelta(hours=9), timedelta(hours=18))
        begins_at, ends_at = self.begins_at or begins, self.ends_at or ends
        if not timedelta() < ends_at - begins_at <= timedelta(hours=24):
            raise Refused("bad-day", "The day must end after it begins, and last 24 hours at most.", field="/ends_at")
        return Wish(
            member_id=member.member_id,
            on=self.on,
            start=self.start.spot(),
            end=None if self.end is None else self.end.spot(),
            begins_at=begins_at,
            ends_at=ends_at,
            speed_kmh=self.speed_kmh,
            stay_seconds=self.stay_minutes * 60,
            order=tuple(self.planned_visit_ids),
        )


class LegView(BaseModel):
    """The way to one stop and the stay there."""

    planned_visit_id: str
    version: int = Field(description="Of the plan as it was read.")
    customer_id: str | None
    grade: str | None
    distance_m: float = Field(description="Estimated: the straight line and a detour of 30 %.")
    travel_seconds: int
    arrives_at: datetime
    starts_at: datetime = Field(description="Later than the arrival where it is not open yet.")
    leaves_at: datetime


class LeftOut(BaseModel):
    """A stop that is not on the route."""

    planned_visit_id: str
    why: WhyOut | Literal["customer-not-located", "customers-away"] = Field(
        description="Closed that day, out of reach, no time for it, not located, or the customers service is away."
    )


class RouteView(BaseModel):
    """A route."""

    legs: list[LegView]
    left_out: list[LeftOut]
    distance_m: float
    travel_seconds: int
    ends_at: datetime
    given_travel_seconds: int = Field(description="Of the order given, for comparison.")
    given_left_out: int = Field(description="Stops the order given cannot reach.")
    solved: bool = Field(description="False when the solver could not be heard: this is the order given then.")
    not_applied: list[str] = Field(description="Plans somebody changed meanwhile; empty unless `apply`.")


@router.post("/routes", summary="Find the best route for a day")
async def find_route(body: RouteToFind, desk: AtDesk, asks: Asking) -> RouteView:
    """Order a member's planned visits by way, opening hours and grade; never worse than the order given.

    A stop that cannot be reached in its opening hours is named with the reason. An A left out weighs as
    much as four Bs, a B as four of the others; of two equally short ways the better customers come first.
    """
    routed = await handlers.route(desk, asks, await body.wish(desk, asks))
    not_applied = await handlers.apply(desk, asks.by, routed) if body.apply else []
    return _view(routed, not_applied)


def _view(routed: Routed, not_applied: list[str]) -> RouteView:
    route = routed.route
    return RouteView(
        legs=[_leg(routed, leg) for leg in route.legs],
        left_out=[
            *(LeftOut(planned_visit_id=id_, why=why) for id_, why in route.left_out),
            *(LeftOut.model_validate({"planned_visit_id": id_, "why": why}) for id_, why in routed.unplaced.items()),
        ],
        distance_m=route.distance_m,
        travel_seconds=route.travel_seconds,
        ends_at=_moment(route.ends),
        given_travel_seconds=routed.given.travel_seconds,
        given_left_out=len(routed.given.left_out),
        solved=routed.solved,
        not_applied=not_applied,
    )


def _leg(routed: Routed, leg: Leg) -> LegView:
    plan = routed.plans[leg.stop_id]
    site = routed.sites.get(plan.state.customer_id or "")
    return LegView(
        planned_visit_id=plan.id,
        version=plan.version,
        customer_id=plan.state.customer_id,
        grade=None if site is None else site.grade,
        distance_m=leg.distance_m,
        travel_seconds=leg.travel_seconds,
        arrives_at=_moment(leg.arrives),
        starts_at=_moment(leg.begins),
        leaves_at=_moment(leg.leaves),
    )


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
