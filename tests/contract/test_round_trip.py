"""Whatever a schema allows, the model takes; whatever was taken is written and read again as the same event."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from backbone.contract.catalogue import CATALOGUE
from backbone.contract.codec import Rejected, decode, encode, encode_binary
from backbone.contract.envelope import Envelope, EventData, seal
from backbone.contract.generate.schemas import data_schema
from tests.contract.strategies import MOMENTS, values

EVENTS = [pytest.param(event, id=event.type) for event in CATALOGUE.values()]
few = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@pytest.mark.parametrize("event", EVENTS)
@few
@given(draw=st.data())
def test_what_the_schema_allows_is_read_and_in_both_modes_written_the_same(
    event: type[EventData], draw: st.DataObject
) -> None:
    envelope = _sent(event, draw)
    headers, value = encode_binary(envelope)
    assert decode(encode(envelope)) == envelope
    assert decode(value, headers) == envelope


@settings(deadline=None)
@given(
    at=st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31), timezones=st.timezones(), allow_imaginary=False),  # noqa: DTZ001
    late=st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_an_event_sealed_in_any_time_zone_comes_back_the_same(at: datetime, late: timedelta) -> None:
    assume(datetime(1970, 1, 2, tzinfo=UTC) < at.astimezone(UTC) < datetime(2198, 1, 1, tzinfo=UTC))
    data = CATALOGUE["funnel-changed"].model_validate({"pipeline": "crm", "revision": 1})
    envelope = seal(data, source="/services/analytics", time=at, recordedtime=at.astimezone(UTC) + late)
    assert decode(encode(envelope)) == envelope
    assert envelope.time == at.astimezone(UTC)


def _sent(event: type[EventData], draw: st.DataObject) -> Envelope:
    message = {
        "specversion": "1.0",
        "id": str(draw.draw(st.uuids())),
        "source": "urn:outside:test",
        "type": event.type,
        "time": draw.draw(MOMENTS),
        "sequence": draw.draw(st.none() | st.integers(0, 2**31 - 1)),
        "undated": draw.draw(st.booleans()),
        "data": draw.draw(values(data_schema(event))),
    }
    try:
        return decode(json.dumps(message).encode())
    except Rejected as rejected:
        # The one thing a schema cannot say: what fields must fulfil together.
        if rejected.reason != "bad-value" or not event.rules:
            raise
        reject()
