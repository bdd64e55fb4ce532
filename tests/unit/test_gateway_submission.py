import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.problems import Problem
from services.gateway.domain.submission import Request, Submission, take_apart

ONE = b'{"id": "a"}'


def sent_as(content_type: str, body: bytes, **headers: str) -> Request:
    given_headers = [("content-type", content_type.encode())] if content_type else []
    return take_apart(body, [*given_headers, *((name.replace("_", "-"), v.encode()) for name, v in headers.items())])


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("application/cloudevents+json; charset=utf-8", ONE, Request((Submission(ONE),), batch=False)),
        ("Application/JSON", ONE, Request((Submission(ONE),), batch=False)),
        ("application/json", b"garbage", Request((Submission(b"garbage"),), batch=False)),
        ("application/cloudevents+json", b"[1]", Request((Submission(b"[1]"),), batch=False)),
        (
            "application/cloudevents-batch+json",
            b' [{"id": "a"} , 7] ',
            Request((Submission(ONE), Submission(b"7")), batch=True),
        ),
        ("application/json", b'\n[{"id": "a"}]', Request((Submission(ONE),), batch=True)),
        ("application/cloudevents-batch+json", b"[]", Request((), batch=True)),
    ],
)
def test_a_body_is_taken_apart_by_its_content_type(content_type: str, body: bytes, expected: Request) -> None:
    assert sent_as(content_type, body) == expected


def test_attributes_in_headers_make_a_binary_event() -> None:
    found = sent_as("application/json", b'{"x": 1}', ce_id="a", ce_type="visit-logged", accept="text/html")

    assert found == Request(
        (
            Submission(
                b'{"x": 1}', (("content-type", b"application/json"), ("ce-id", b"a"), ("ce-type", b"visit-logged"))
            ),
        ),
        batch=False,
    )


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        ("application/cloudevents-batch+json", b'[{"id": "a"}', 400, "unparsable"),
        ("application/cloudevents-batch+json", ONE, 400, "unparsable"),
        ("application/json", b"[" * 100_000, 400, "unparsable"),
        ("application/json", json.dumps([{}] * 1_001).encode(), 413, "too-many-events"),
        ("text/plain", ONE, 415, "unknown-format"),
        ("", ONE, 415, "unknown-format"),
    ],
)
def test_what_cannot_be_taken_apart_is_answered_with_a_problem(
    content_type: str, body: bytes, status: int, code: str
) -> None:
    with pytest.raises(Problem) as refused:
        sent_as(content_type, body)

    assert (refused.value.status, refused.value.code) == (status, code)


@pytest.mark.parametrize(
    ("submission", "claimed"),
    [
        (Submission(b'{"id": "a", "type": 7}'), "a"),
        (Submission(b'{"id": 7}'), None),
        (Submission(b"{"), None),
        (Submission(b"\xff\xfe"), None),
        (Submission(b"{}", (("ce-id", b"b"),)), "b"),
        (Submission(b"{}", (("ce_id", b"c"),)), "c"),
    ],
)
def test_a_refused_event_is_named_by_the_id_it_claims(submission: Submission, claimed: str | None) -> None:
    assert submission.claimed_id == claimed


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.lists(JSON, max_size=20))
def test_every_element_of_a_batch_keeps_its_place_and_meaning(events: list[Any]) -> None:
    found = sent_as("application/cloudevents-batch+json", json.dumps(events).encode())

    assert [json.loads(event.value) for event in found.events] == events
