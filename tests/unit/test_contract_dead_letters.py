"""Dead letters: whatever a record holds, it can be kept and had back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from backbone.contract.codec import decode, encode
from backbone.contract.dead_letters import HEADER_LIMIT_BYTES, HEADERS_LIMIT, ORIGINAL_LIMIT_BYTES, EventRejected
from backbone.contract.envelope import seal

AT = datetime(2017, 12, 5, tzinfo=UTC)


def refused(
    *, key: bytes | None = b"m-1", value: bytes | None = b"{", headers: list[tuple[str, bytes | None]] | None = None
) -> EventRejected:
    letter = EventRejected.of_record(
        topic="activities", partition=3, offset=17, key=key, value=value, headers=headers or [],
        reason="broken-json", field=None, detail="Write JSON.",
    )  # fmt: skip
    envelope = seal(letter, source="/services/analytics", time=AT)
    assert decode(encode(envelope)) == envelope
    return letter


@settings(deadline=None)
@given(
    st.none() | st.binary(max_size=40),
    st.none() | st.binary(max_size=200),
    st.lists(st.tuples(st.text(st.characters(), max_size=20), st.none() | st.binary(max_size=20)), max_size=5),
)
def test_any_record_is_kept_and_had_back(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    letter = refused(key=key, value=value, headers=headers)
    assert not letter.cut
    assert letter.original_key() == key
    assert letter.original_value() == value
    assert letter.original_headers() == [(name.encode(errors="replace").decode(), content) for name, content in headers]


def test_a_letter_is_found_under_the_key_of_the_original_where_it_is_an_id() -> None:
    assert refused(key=b"m-1").partition_key() == "m-1"
    for no_id in (None, b"", b"\xff", b"two words", b"x" * 129):
        assert refused(key=no_id).partition_key() == "activities-3"


def test_a_letter_is_named_after_the_place_of_the_original() -> None:
    assert refused().subject_id() == "activities-3-17"


def test_the_largest_record_a_broker_takes_is_kept_whole() -> None:
    letter = refused(value=b"\xff" * ORIGINAL_LIMIT_BYTES)
    assert not letter.cut
    assert letter.original_value() == b"\xff" * ORIGINAL_LIMIT_BYTES


@pytest.mark.parametrize(
    "letter",
    [
        {"value": b"x" * (ORIGINAL_LIMIT_BYTES + 1)},
        {"key": b"x" * (HEADER_LIMIT_BYTES + 1)},
        {"headers": [("name", b"x" * (HEADER_LIMIT_BYTES + 1))]},
        {"headers": [("n" * 257, b"")]},
        {"headers": [("name", b"x" * HEADER_LIMIT_BYTES)] * (HEADERS_LIMIT + 1)},
    ],
)
def test_what_is_too_large_is_cut_and_said_to_be(letter: dict[str, object]) -> None:
    assert refused(**letter).cut  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["e30", "e30=\n", "e3 0=", "%%%="])
def test_bytes_that_are_no_base64_are_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="base64"):
        EventRejected(
            record_id="a-0-1", route_key="k", origin_topic="a", origin_partition=0, origin_offset=1,
            key_base64=None, value_base64=text, reason="broken-json", detail="Write JSON.",
        )  # fmt: skip
