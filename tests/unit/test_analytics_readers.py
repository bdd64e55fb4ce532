"""The worker's readers against the contract they are made from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

import backbone.contract
from backbone.clock import epoch_ms
from backbone.contract.catalogue import CATALOGUE
from backbone.contract.codec import decode
from services.analytics.readers import Reader

FOLDED: Final = ("leads", "customers", "deals", "activities", "complaints", "directory")
GOLDEN: Final = Path(backbone.contract.__file__).parent / "golden"
RECEIVED_MS: Final = epoch_ms(decode((GOLDEN / "visit-logged.1.json").read_bytes()).time) + 10**11
KINDS: Final = sorted(model.type for model in CATALOGUE.values() if model.topic in FOLDED)


@dataclass(frozen=True)
class Written:
    """A record on the log."""

    value: bytes | None
    key: bytes | None
    headers: Sequence[tuple[str, bytes]] = (("content-type", b"application/cloudevents+json"),)
    offset: int = 7
    timestamp: int = RECEIVED_MS


@pytest.fixture(scope="module")
def readers() -> dict[str, Reader]:
    return {topic: Reader(topic) for topic in FOLDED}


def golden(kind: str) -> tuple[dict[str, Any], Written]:
    value = next(GOLDEN.glob(f"{kind}.*.json")).read_bytes()
    return json.loads(value), Written(value, decode(value).partitionkey.encode())


def topic_of(kind: str) -> str:
    return CATALOGUE[kind].topic


@pytest.mark.parametrize("kind", KINDS)
def test_the_golden_message_of_every_type_is_read_as_the_contract_reads_it(
    readers: dict[str, Reader], kind: str
) -> None:
    _, record = golden(kind)
    envelope = decode(record.value or b"")

    entries, refused = readers[topic_of(kind)].read([record])

    assert not refused
    event = entries[0].event
    assert readers[topic_of(kind)].types[type(event)] == kind
    assert (event.id, event.subject, event.time) == (envelope.id, envelope.subject, envelope.time)
    assert (event.sequence, event.imported, event.undated) == (envelope.sequence, envelope.imported, envelope.undated)
    told = {name: getattr(event.data, name) for name in type(envelope.data).model_fields}
    assert str(told.keys()) == str(envelope.data.model_dump().keys())
    for name, value in told.items():
        if isinstance(value, str | int | float | bool | None):
            assert value == getattr(envelope.data, name)


@pytest.mark.parametrize("kind", ["visit-logged", "follow-up-logged", "deal-opened", "stage-changed", "deal-won"])
def test_the_fast_way_and_the_contracts_own_give_the_same_entry(readers: dict[str, Reader], kind: str) -> None:
    message, record = golden(kind)
    message["data"].pop("credits", None)
    message["recordedtime"] = "2018-12-05T00:00:00Z"
    plain = Written(json.dumps(message).encode(), record.key)
    reader = readers[topic_of(kind)]

    assert reader._fast(plain) == reader._slow(plain)
    assert reader._fast(plain) is not None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"member_id": 5}, "wrong-type"),
        ({"visit_id": None}, "wrong-type"),
        ({"visit_id": "a|b"}, "bad-value"),
        ({"visit_id": "a\tb"}, "bad-value"),
        ({"customer_id": "-"}, "bad-value"),
        ({"started_at": "2017-12-05T20:00:00"}, "bad-value"),
        ({"customer_id": None, "lead_id": None, "deal_id": None}, "bad-value"),
        ({"place": {"lat": 91.0, "lon": 0.0}}, "bad-value"),
    ],
)
def test_data_that_break_the_contract_are_refused_with_its_reason(
    readers: dict[str, Reader], change: dict[str, Any], reason: str
) -> None:
    message, record = golden("visit-logged")
    message["data"] |= change

    entries, refused = readers["activities"].read([Written(json.dumps(message).encode(), record.key)])

    assert not entries
    assert [one.why.reason for one in refused] == [reason]


def test_an_escaped_bar_is_a_bar(readers: dict[str, Reader]) -> None:
    message, record = golden("visit-logged")
    message["data"]["visit_id"] = message["subject"] = "BAR"
    value = json.dumps(message).encode().replace(b"BAR", b"a\\u007cb")

    _, refused = readers["activities"].read([Written(value, record.key)])

    assert [one.why.reason for one in refused] == ["bad-value"]


def test_an_unknown_field_is_younger_than_the_reader_and_passed_over(readers: dict[str, Reader]) -> None:
    message, record = golden("visit-logged")
    message["data"]["weather"] = {"sky": "grey"}

    entries, refused = readers["activities"].read([Written(json.dumps(message).encode(), record.key)])

    assert not refused
    assert not hasattr(entries[0].event.data, "weather")


def test_the_same_id_in_capitals_is_the_same_event(readers: dict[str, Reader]) -> None:
    message, record = golden("visit-logged")
    small = message["id"].lower()
    message["id"] = small.upper()

    entries, _ = readers["activities"].read([Written(json.dumps(message).encode(), record.key)])

    assert entries[0].event.id == small


def test_a_binary_event_is_read_like_a_structured_one(readers: dict[str, Reader]) -> None:
    message, record = golden("visit-logged")
    data = json.dumps(message.pop("data")).encode()
    message.pop("datacontenttype", None)
    headers = [(f"ce_{name}", str(value).encode()) for name, value in message.items()]
    binary = Written(data, record.key, (*headers, ("content-type", b"application/json")))

    (told,), _ = readers["activities"].read([binary])
    (meant,), _ = readers["activities"].read([record])

    assert told == meant


def test_events_and_garbage_keep_the_order_of_the_log(readers: dict[str, Reader]) -> None:
    _, record = golden("visit-logged")
    records = [
        Written(record.value, record.key, offset=1),
        Written(b"\x00\xff", b"x", offset=2),
        Written(None, None, offset=3),
        Written(record.value, b"another", offset=4),
        Written(record.value, record.key, offset=5),
        Written(record.value, record.key, offset=6, timestamp=0),
    ]

    entries, refused = readers["activities"].read(records)

    assert [entry.offset for entry in entries] == [1, 5]
    assert [(one.record.offset, one.why.reason) for one in refused] == [
        (2, "broken-text"),
        (3, "empty"),
        (4, "wrong-key"),
        (6, "future-time"),
    ]
