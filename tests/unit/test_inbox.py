import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backbone.broker import Received
from backbone.contract.codec import Rejected, encode
from backbone.contract.directory import MemberJoined
from backbone.contract.envelope import Envelope, seal
from backbone.inbox import happened_at, read_outside

MONDAY = datetime(2017, 3, 6, 9, 0, tzinfo=UTC)
JOINED = MemberJoined(member_id="lin", name="Lin", role="rep")


def said(*, source: str = "urn:hr", time: datetime = MONDAY) -> Envelope:
    return seal(JOINED, source=source, time=time)


def record(value: bytes | None, *, topic: str = "directory", key: bytes | None = b"lin") -> Received:
    return Received(topic, 0, 0, 0, key, value, (("content-type", b"application/cloudevents+json"),))


def misspelt(envelope: Envelope) -> bytes:
    told: dict[str, Any] = json.loads(encode(envelope))
    told["data"]["teem_id"] = "north"
    return json.dumps(told).encode()


def test_what_an_outside_system_said_is_read() -> None:
    envelope = said()

    assert read_outside(record(encode(envelope))) == envelope


def test_what_a_service_of_ours_said_is_passed_over_even_when_it_is_a_version_ahead() -> None:
    assert read_outside(record(misspelt(said(source="/services/directory")))) is None


@pytest.mark.parametrize(
    ("received", "reason"),
    [
        pytest.param(record(misspelt(said())), "unknown-field", id="holds a field nobody knows"),
        pytest.param(record(encode(said()), key=b"wang"), "wrong-key", id="has another key"),
        pytest.param(record(encode(said()), key=None), "wrong-key", id="has no key"),
        pytest.param(record(encode(said()), topic="leads"), "wrong-topic", id="is on another topic"),
        pytest.param(record(encode(said(time=datetime.now(UTC) + timedelta(hours=1)))), "future-time", id="is to come"),
        pytest.param(record(None), "empty", id="is a tombstone"),
        pytest.param(record(b"\xff\xfe"), "broken-text", id="is garbage"),
    ],
)
def test_a_record_is_refused_that(received: Received, reason: str) -> None:
    with pytest.raises(Rejected) as rejected:
        read_outside(received)

    assert rejected.value.reason == reason


def test_the_moment_of_an_event_is_kept_in_utc_and_milliseconds() -> None:
    envelope = said(time=datetime.fromisoformat("2017-03-06T17:00:00.123987+08:00"))

    assert happened_at(envelope) == datetime(2017, 3, 6, 9, 0, 0, 123000, tzinfo=UTC)
