"""Subscriptions over HTTP."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from backbone.bodies import Body, Change, view_of
from backbone.contract.fields import Code, Id, Text
from backbone.listing import EXPORTS, Asked, Listing, rows_of, views
from backbone.outbox import Saved
from backbone.paging import Page
from backbone.rows import read_row
from backbone.web import Asking, Calling
from services.notifier.api.entrance import READERS, WRITERS, AtDesk, KeyHash
from services.notifier.domain.channel import Destination, Kind, Result
from services.notifier.domain.guard.urls import LONGEST
from services.notifier.domain.subscription import LONGEST_OVERLAP, Filters, State, Subscription
from services.notifier.handlers import subscriptions as handlers
from services.notifier.handlers.subscriptions import Wish

router = APIRouter(prefix="/subscriptions", tags=["subscriptions"])

SUBSCRIPTIONS: Final = Listing(
    "subscriptions",
    order={"created_at": datetime, "name": str},
    equal={"owner_id": str, "team_id": str, "state": State},
)

EventName = Annotated[str, Field(min_length=1, max_length=64)]


class FiltersBody(Body):
    """What narrows it. A filter holds for events that carry what it asks for: levels never keep back a visit."""

    team_ids: list[Id] = Field([], max_length=100, description="Of these teams and all below them.")
    owner_ids: list[Id] = Field([], max_length=100, description="Of these members.")
    levels: list[Code] = Field([], max_length=20, description="Alerts of these levels, such as breach.")
    pipelines: list[Code] = Field([], max_length=100, description="Deals in these pipelines.")
    imported: bool = Field(False, description="Also events of imports; alerts about them are never sent.")

    def filters(self) -> Filters:
        """As the domain takes them."""
        return Filters(
            tuple(self.team_ids), tuple(self.owner_ids), tuple(self.levels), tuple(self.pipelines), self.imported
        )


class WebhookBody(Body):
    """A webhook: each event is posted there, signed by Standard Webhooks 1.0."""

    kind: Literal["webhook"] = "webhook"
    url: str = Field(min_length=1, max_length=LONGEST, description="http or https, at a public address.")

    def destination(self) -> Destination:
        """As the domain takes it."""
        return Destination(Kind.WEBHOOK, self.url)


class SubscriptionToMake(Body):
    """What somebody wants to hear of, and where."""

    name: Text | None = Field(None, description="What to call it; the address by default.")
    events: list[EventName] = Field([], max_length=100, description="Types such as alert-raised, or `*` for all.")
    alert_kinds: list[Code] = Field([], max_length=100, description="Alerts of these kinds, such as first-reply.")
    filters: FiltersBody = FiltersBody()
    channel: WebhookBody


class SubscriptionToChange(Change):
    """What shall change; a field that is absent stays."""

    name: Text = ""
    events: list[EventName] = Field([], max_length=100)
    alert_kinds: list[Code] = Field([], max_length=100)
    filters: FiltersBody = FiltersBody()
    channel: WebhookBody | None = None


class Resumption(Change):
    """What becomes of messages that wait."""

    waiting: Literal["send", "set-aside"] = Field("send", description="What is set aside can be replayed.")


class Rotation(Change):
    """How long the old secret goes on beside the new one."""

    overlap_seconds: int = Field(
        86_400,
        ge=0,
        le=int(LONGEST_OVERLAP.total_seconds()),
        description="Both sign for so long; 0 when the old one leaked.",
    )


class FiltersView(BaseModel):
    """The filters as they stand."""

    team_ids: list[str]
    owner_ids: list[str]
    levels: list[str]
    pipelines: list[str]
    imported: bool


class WebhookView(BaseModel):
    """Where messages go."""

    kind: Kind
    url: str


class SubscriptionView(BaseModel):
    """A subscription as it stands, without its secrets."""

    subscription_id: str
    version: int = Field(description="Name it when you change the subscription.")
    name: str
    owner_id: str | None
    team_id: str | None
    events: list[str]
    alert_kinds: list[str]
    filters: FiltersView
    channel: WebhookView
    state: State = Field(description="paused by a person; disabled when the receiver is gone or the key withdrawn.")
    state_since: datetime
    state_reason: str | None
    created_at: datetime


class SubscriptionWithSecret(SubscriptionView):
    """A subscription with its newest secret, which no other answer shows."""

    secret: str = Field(description="To check signatures with: `whsec_` and base64.")


class TestAnswer(BaseModel):
    """What the receiver said to a test message."""

    __test__ = False  # a model, not a case for pytest

    result: Result
    status: int | None
    milliseconds: int
    answer: str = Field(description="The first 1,024 bytes.")
    error: str | None = Field(description="Why there was no answer.")


@router.post("", status_code=201, summary="Subscribe", dependencies=WRITERS)
async def subscribe(
    body: SubscriptionToMake, desk: AtDesk, asks: Asking, key_hash: KeyHash, response: Response
) -> SubscriptionWithSecret:
    """Send events from now on; it hears what the key that makes it may see, at any time. Ask a replay for the past."""
    wish = Wish(frozenset(), body.name, tuple(body.events), tuple(body.alert_kinds), body.filters.filters())
    return _with_secret(await handlers.subscribe(desk, asks, key_hash, wish, body.channel.destination()), response)


@router.get(
    "",
    summary="List subscriptions",
    dependencies=READERS,
    response_model=Page[SubscriptionView],
    responses=EXPORTS,
)
async def list_subscriptions(
    desk: AtDesk, caller: Calling, asked: Annotated[Asked, Depends(SUBSCRIPTIONS)]
) -> Page[SubscriptionView] | Response:
    """Subscriptions in the caller's row scope, newest first."""
    return await views(asked, rows_of(desk.store.subscriptions, caller), SubscriptionView)


@router.get("/{subscription_id}", summary="Read a subscription", dependencies=READERS)
async def read_subscription(subscription_id: str, desk: AtDesk, caller: Calling) -> SubscriptionView:
    """One subscription in the caller's row scope."""
    return view_of(SubscriptionView, await read_row(desk.store.subscriptions, caller, subscription_id))


@router.patch("/{subscription_id}", summary="Change a subscription", dependencies=WRITERS)
async def change_subscription(
    subscription_id: str, body: SubscriptionToChange, desk: AtDesk, asks: Asking, response: Response
) -> SubscriptionView:
    """What was queued before goes to the new address. Only an admin and the one it hears for may do it."""
    wish = Wish(
        # A null means "as it is", like a field left out: there is no subscription without an address.
        frozenset(name for name in body.model_fields_set - {"version"} if getattr(body, name) is not None),
        body.name,
        tuple(body.events),
        tuple(body.alert_kinds),
        body.filters.filters(),
        None if body.channel is None else body.channel.destination(),
    )
    saved = await handlers.change(desk, asks, subscription_id, wish, version=body.version)
    return view_of(SubscriptionView, saved, response)


@router.post("/{subscription_id}/pause", summary="Pause", dependencies=WRITERS)
async def pause_subscription(
    subscription_id: str, body: Change, desk: AtDesk, asks: Asking, response: Response
) -> SubscriptionView:
    """Nothing is sent; what comes meanwhile waits."""
    saved = await handlers.pause(desk, asks, subscription_id, version=body.version)
    return view_of(SubscriptionView, saved, response)


@router.post("/{subscription_id}/resume", summary="Resume", dependencies=WRITERS)
async def resume_subscription(
    subscription_id: str, body: Resumption, desk: AtDesk, asks: Asking, response: Response
) -> SubscriptionView:
    """Send again, after a pause or once a receiver that was gone is back."""
    aside = body.waiting == "set-aside"
    saved = await handlers.resume(desk, asks, subscription_id, version=body.version, set_aside=aside)
    return view_of(SubscriptionView, saved, response)


@router.post("/{subscription_id}/take-over", summary="Take over", dependencies=WRITERS)
async def take_over_subscription(
    subscription_id: str, body: Change, desk: AtDesk, asks: Asking, key_hash: KeyHash, response: Response
) -> SubscriptionView:
    """It hears what the caller's key may see from now on, and belongs to him; one whose key was withdrawn goes on."""
    saved = await handlers.take_over(desk, asks, key_hash, subscription_id, version=body.version)
    return view_of(SubscriptionView, saved, response)


@router.post("/{subscription_id}/rotate-secret", summary="Sign with a new secret", dependencies=WRITERS)
async def rotate_secret(
    subscription_id: str, body: Rotation, desk: AtDesk, asks: Asking, response: Response
) -> SubscriptionWithSecret:
    """Messages carry a signature by each secret until the overlap is over, so the receiver can change in peace."""
    overlap = timedelta(seconds=body.overlap_seconds)
    saved = await handlers.rotate_secret(desk, asks, subscription_id, version=body.version, overlap=overlap)
    return _with_secret(saved, response)


@router.post("/{subscription_id}/test", summary="Send a test message", dependencies=WRITERS)
async def test_subscription(subscription_id: str, desk: AtDesk, asks: Asking) -> TestAnswer:
    """Send a signed message of type `subscription-tested` at once and show the answer. It stands in no log."""
    return TestAnswer.model_validate(await handlers.send_test(desk, asks, subscription_id), from_attributes=True)


@router.delete("/{subscription_id}", status_code=204, summary="Unsubscribe", dependencies=WRITERS)
async def unsubscribe(subscription_id: str, desk: AtDesk, asks: Asking, version: Annotated[int, Query(ge=1)]) -> None:
    """What still waits is not sent any more."""
    await handlers.unsubscribe(desk, asks, subscription_id, version=version)


def _with_secret(saved: Saved[Subscription], response: Response) -> SubscriptionWithSecret:
    response.headers["cache-control"] = "no-store"
    view = view_of(SubscriptionView, saved, response)
    return SubscriptionWithSecret(**view.model_dump(), secret=saved.state.secrets[0].text)
