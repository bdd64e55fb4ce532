import io

import pytest

from drumbeat.imports.sender import Refusal
from drumbeat.publish import Event, _events


def lines(content: bytes) -> tuple[list[Event], list[tuple[int, str]]]:
    broken: list[Refusal] = []
    events = list(_events(io.BytesIO(content), broken))
    return events, [(one.line, one.reason) for one in broken]


def test_broken_lines_are_named_by_number_and_do_not_hold_up_the_others() -> None:
    assert lines(b'{"id": 1}\n\n{"id":\n  [1]  \r\n\xff\xfe\n{"a": "\xc3"}\n{"id": 2}') == (
        [Event(1, b'{"id": 1}'), Event(4, b"[1]"), Event(7, b'{"id": 2}')],
        [(3, "broken-json"), (5, "broken-json"), (6, "broken-json")],
    )


@pytest.mark.parametrize("size", [65_536, 65_537, 300_000])
def test_a_line_longer_than_an_event_may_be_is_passed_over(size: int) -> None:
    whole = b'{"a":"' + b"x" * (size - 8) + b'"}'
    events, broken = lines(whole + b"\n" + b'{"id": 2}\n')

    assert ([event.line for event in events], broken) == (([1, 2], []) if size == 65_536 else ([2], [(1, "too-large")]))


def test_deep_nesting_is_a_broken_line_and_not_a_crash() -> None:
    assert lines(b"[" * 60_000) == ([], [(1, "broken-json")])
