import json
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from drumbeat.client import Platform
from drumbeat.imports.sender import Receipt, Refusal, Sender
from drumbeat.output import Trouble


@dataclass(frozen=True)
class Event:
    line: int
    key: str

    @property
    def body(self) -> bytes:
        return json.dumps({"id": f"{self.key}-{self.line}"}).encode()


def key(event: Event) -> str:
    return event.key


class Gateway:
    """Answers like the gateway; `trouble` may answer first."""

    def __init__(self, trouble: Callable[[int], httpx.Response | None] = lambda _: None) -> None:
        self.taken: list[str] = []
        self.calls = 0
        self._trouble = trouble
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.calls += 1
            if (answer := self._trouble(self.calls)) is not None:
                return answer
            ids = [event["id"] for event in json.loads(request.content)]
            known = set(self.taken)
            self.taken.extend(ids)
            rows = [{"id": id_, "status": "duplicate" if id_ in known else "accepted"} for id_ in ids]
            return httpx.Response(200, json={"events": rows})


def sender(gateway: Callable[[httpx.Request], httpx.Response], **how: Any) -> Sender:
    platform = Platform("http://gateway", "key")
    platform.http = httpx.Client(base_url="http://gateway", transport=httpx.MockTransport(gateway))
    return Sender(platform, **how)


def test_every_event_is_sent_once_and_each_keys_events_stay_in_order() -> None:
    gateway = Gateway()
    events = [Event(number, f"deal-{number % 7}") for number in range(5_000)]
    sending = sender(gateway)

    sending.send(events, key)

    by_key = defaultdict(list)
    for id_ in gateway.taken:
        by_key[id_.rpartition("-")[0]].append(int(id_.rpartition("-")[2]))
    assert sending.receipt == Receipt(accepted=5_000)
    assert by_key == {f"deal-{k}": list(range(k, 5_000, 7)) for k in range(7)}


def test_quota_restart_and_a_lost_connection_are_pauses_and_nothing_else() -> None:
    def trouble(call: int) -> httpx.Response | None:
        if call == 1:
            return httpx.Response(429, headers={"retry-after": "0"})
        if call == 2:
            return httpx.Response(503, json={"detail": "starting"})
        if call == 3:
            raise httpx.ConnectError("refused")
        return None

    gateway = Gateway(trouble)
    sending = sender(gateway)
    sending._stopping.wait = lambda timeout=None: False  # type: ignore[method-assign] # no test sleeps

    sending.send_batch([Event(1, "a"), Event(2, "a")])

    assert (gateway.calls, gateway.taken, sending.receipt) == (4, ["a-1", "a-2"], Receipt(accepted=2))


def test_the_pause_the_gateway_asks_for_is_kept() -> None:
    waited: list[float] = []
    gateway = Gateway(lambda call: httpx.Response(429, headers={"retry-after": "7"}) if call == 1 else None)
    sending = sender(gateway)
    sending._stopping.wait = lambda timeout=None: bool(waited.append(timeout or 0))  # type: ignore[method-assign,func-returns-value]

    sending.send_batch([Event(1, "a")])

    assert waited == [7.0]


def test_an_answer_is_told_by_line() -> None:
    rows = [
        {"id": "a", "status": "accepted"},
        {"id": "b", "status": "rejected", "reason": "id-reused", "field": "/id", "detail": "Another."},
        {"id": "c", "status": "duplicate"},
    ]
    sending = sender(lambda _: httpx.Response(200, json={"events": rows}))

    sending.send_batch([Event(3, "a"), Event(5, "a"), Event(8, "a")])

    assert sending.receipt == Receipt(1, 1, [Refusal(5, "/id", "id-reused", "Another.")])


def test_a_refused_request_is_one_clear_sentence() -> None:
    sending = sender(lambda _: httpx.Response(403, json={"detail": "A key with role viewer may not do this."}))

    with pytest.raises(Trouble, match="A key with role viewer may not do this"):
        sending.send([Event(1, "a")], key)


def test_a_gateway_that_stays_away_ends_the_import_with_what_is_in() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    sending = sender(away, patience_seconds=0)

    with pytest.raises(Trouble, match=r"0 events are in: run the same again later, nothing is counted twice"):
        sending.send_batch([Event(1, "a")])
