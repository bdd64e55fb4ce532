"""What tests of the notifier ask and tell."""

from typing import Any

import httpx

from backbone.broker import Publisher
from backbone.clock import utc_now
from backbone.contract.activities import VisitLogged
from backbone.contract.alerts import AlertRaised
from backbone.contract.envelope import Envelope, EventData, seal
from backbone.contract.ids import new_event_id
from backbone.testing import eventually
from tests.conversation import tell
from tests.receiving import Receiver


def alert(subject: str, level: str = "breach", owner_id: str | None = None, team_id: str | None = None) -> AlertRaised:
    return AlertRaised(
        alert_id=f"{subject}|first-reply|{level}",
        kind="first-reply",
        level=level,
        subject=subject,
        owner_id=owner_id,
        team_id=team_id,
        effective_at=utc_now(),
    )


def visit(owner_id: str, team_id: str | None = None) -> VisitLogged:
    now = utc_now()
    return VisitLogged(
        visit_id=new_event_id(),
        member_id=owner_id,
        customer_id="c1",
        owner_id=owner_id,
        team_id=team_id,
        started_at=now,
        ended_at=now,
    )


async def publish(publisher: Publisher, *said: EventData, imported: str | None = None) -> list[Envelope]:
    events = [seal(data, source="/services/test", time=utc_now(), imported=imported) for data in said]
    await tell(publisher, *events)
    return events


async def subscribe(
    notifier: httpx.AsyncClient, receiver: Receiver, *events: str, key: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    body = {"events": events, "channel": {"url": receiver.url}, **more}
    answer = await notifier.post("/subscriptions", json=body, headers=key)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def act(notifier: httpx.AsyncClient, subscription: dict[str, Any], what: str, **body: Any) -> dict[str, Any]:
    path = f"/subscriptions/{subscription['subscription_id']}"
    version = (await notifier.get(path)).json()["version"]
    answer = await notifier.post(f"{path}/{what}", json={"version": version, **body})
    assert answer.is_success, answer.text
    after: dict[str, Any] = answer.json()
    return after


async def read(notifier: httpx.AsyncClient, subscription: dict[str, Any], rest: str = "") -> dict[str, Any]:
    answer = await notifier.get(f"/subscriptions/{subscription['subscription_id']}{rest}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def log_of(notifier: httpx.AsyncClient, subscription: dict[str, Any]) -> dict[str, str]:
    """State by subject."""
    items = (await read(notifier, subscription, "/deliveries?limit=200"))["items"]
    return {item["subject"]: item["state"] for item in items}


async def settled(notifier: httpx.AsyncClient, subscription: dict[str, Any], **states: str) -> None:
    """Wait until these deliveries, by subject, have these states."""
    wanted = {subject.replace("_", "-"): state for subject, state in states.items()}
    await eventually(lambda: log_of(notifier, subscription), lambda log: wanted.items() <= log.items())
