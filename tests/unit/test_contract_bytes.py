"""Bytes of strangers: an event, or a refusal that says why, and never anything else."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbone.contract.codec import LIMIT_BYTES, Rejected, decode, encode, split_array
from tests.unit.contract_messages import JSON, VISIT, message, refused, sent


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xef\xbb\xbf{}", "broken-text"),
        (b'{"id": "\xff"}', "broken-text"),
        (b"\x00\x01\x02", "broken-json"),
        (b'{"id": ', "broken-json"),
        (b"{} {}", "broken-json"),
        (b"{'id': 1}", "broken-json"),
        (b'{"id": NaN}', "broken-json"),
        (b'{"id": -Infinity}', "broken-json"),
        (b'{"id": "tab\there"}', "broken-json"),
        (b'{"id": 1, "id": 1}', "duplicate-field"),
        (b'{"data": {"a": {"b": 1, "b": 2}}}', "duplicate-field"),
        (b'{"\\u0069d": 1, "id": 1}', "duplicate-field"),
        (b'{"id": "\\ud800"}', "broken-text"),
        (b'{"\\udfff": 1}', "broken-text"),
        (b'{"id": ' + b"9" * 21 + b"}", "bad-value"),
        (b'{"id": ' + b"9" * 5000 + b"}", "bad-value"),
        (b"[" * 60_000, "too-deep"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too-deep"),
        (b"[]", "not-an-object"),
        (b"[{}]", "not-an-object"),
        (b"null", "not-an-object"),
        (b'"visit-logged"', "not-an-object"),
        (b"17", "not-an-object"),
        (b" " * (LIMIT_BYTES + 1), "too-large"),
        (b"\xff" * (LIMIT_BYTES + 1), "too-large"),
        (b'"event-rejected"' + b" " * 3_000_000, "too-large"),
    ],
)
def test_bytes_that_are_no_event_are_refused_with_the_reason(value: bytes, why: str) -> None:
    assert refused(value)[0] == why


def test_brackets_inside_text_are_not_nesting() -> None:
    assert decode(sent(actor="[{" * 40)).actor == "[{" * 40


def test_an_event_just_within_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    value = sent()
    padding = b" " * (LIMIT_BYTES - len(value))
    assert decode(value + padding).subject == "v-1"
    assert refused(value + padding + b" ")[0] == "too-large"


def test_a_large_event_cannot_pass_for_a_dead_letter() -> None:
    value = sent(actor="event-rejected")
    assert refused(value + b" " * LIMIT_BYTES)[0] == "too-large"


@settings(deadline=None)
@given(
    st.binary(max_size=200), st.lists(st.tuples(st.text(max_size=12), st.none() | st.binary(max_size=40)), max_size=4)
)
def test_any_bytes_give_an_event_or_a_refusal(value: bytes, headers: list[tuple[str, bytes | None]]) -> None:
    _event_or_refusal(value, headers)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_an_event_with_some_bytes_changed_gives_an_event_or_a_refusal(draw: st.DataObject) -> None:
    value = bytearray(sent({"place": {"lat": 31.2, "lon": 121.4}}, sequence=4, actor="王"))
    for place in draw.draw(st.lists(st.integers(0, len(value) - 1), min_size=1, max_size=3)):
        value[place] = draw.draw(st.integers(0, 255))
    _event_or_refusal(bytes(value), [])


@given(
    st.sampled_from(sorted({*message(), "sequence", "undated", "dataschema"})),
    JSON,
    st.sampled_from(sorted(VISIT)),
    JSON,
)
@settings(max_examples=300, deadline=None)
def test_any_json_in_any_place_gives_an_event_or_a_refusal(attribute: str, value: Any, field: str, other: Any) -> None:
    _event_or_refusal(sent(**{attribute: value}), [])
    _event_or_refusal(sent({field: other}), [])


def _event_or_refusal(value: bytes, headers: list[tuple[str, bytes | None]]) -> None:
    for unknown_fields in ("reject", "ignore"):
        try:
            envelope = decode(value, headers, unknown_fields=unknown_fields)
        except Rejected:
            continue
        assert decode(encode(envelope)) == envelope


def test_a_batch_is_split_so_that_each_event_stands_for_itself() -> None:
    good, broken = sent(), b'{"id": 1, "id": 2}'
    elements = split_array(b" [" + good + b",\n" + broken + b", 7, [1,2] ] ")
    assert decode(elements[0]) == decode(good)
    assert [refused(element)[0] for element in elements[1:]] == ["duplicate-field", "not-an-object", "not-an-object"]


@settings(deadline=None)
@given(st.lists(JSON, max_size=5), st.sampled_from([None, 2]))
def test_splitting_a_batch_gives_the_elements(elements: list[Any], indent: int | None) -> None:
    split = split_array(json.dumps(elements, indent=indent).encode())
    assert [repr(json.loads(element)) for element in split] == [repr(element) for element in elements]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"", "empty"),
        (b"{}", "not-an-array"),
        (b"[", "broken-json"),
        (b"[{}", "broken-json"),
        (b"[{}] {}", "broken-json"),
        (b'["{}, {}]', "broken-json"),
        (b"[}", "broken-json"),
    ],
)
def test_a_batch_that_is_no_array_is_refused_whole(value: bytes, why: str) -> None:
    with pytest.raises(Rejected) as refusal:
        split_array(value)
    assert refusal.value.reason == why


@settings(deadline=None)
@given(st.binary(max_size=60).map(lambda tail: b"[" + tail))
def test_any_bytes_as_a_batch_give_texts_or_a_refusal(value: bytes) -> None:
    try:
        elements = split_array(value)
    except Rejected:
        return
    assert all(isinstance(element, bytes) for element in elements)
