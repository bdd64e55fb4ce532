"""Messages as an outside system may send them, and what became of them."""

import json
from typing import Any

import pytest
from hypothesis import strategies as st

from backbone.contract.codec import Rejected, decode

VISIT = {
    "visit_id": "v-1",
    "member_id": "m-1",
    "owner_id": "m-1",
    "customer_id": "c-1",
    "started_at": "2017-12-05T19:00:00+08:00",
}
DEAL = {"deal_id": "d-1", "owner_id": "a", "pipeline": "crm", "stage": "s", "amount": 1, "currency": "CNY"}
GONE = object()


def message(fields: dict[str, Any] | None = None, /, **attributes: Any) -> dict[str, Any]:
    whole = {
        "specversion": "1.0",
        "id": "0160247c-b200-7bb5-9108-6a60a529c248",
        "source": "urn:phone:app",
        "type": "visit-logged",
        "time": "2017-12-05T20:00:00+08:00",
        "data": {name: value for name, value in (VISIT | (fields or {})).items() if value is not GONE},
        **attributes,
    }
    return {name: value for name, value in whole.items() if value is not GONE}


def sent(fields: dict[str, Any] | None = None, /, **attributes: Any) -> bytes:
    return json.dumps(message(fields, **attributes)).encode()


def refused(value: bytes, headers: list[tuple[str, bytes | None]] | None = None) -> tuple[str, str | None]:
    with pytest.raises(Rejected) as refusal:
        decode(value, headers or ())
    assert refusal.value.detail.endswith(".")
    return refusal.value.reason, refusal.value.field


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
