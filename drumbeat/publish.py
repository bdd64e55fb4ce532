"""`drumbeat publish`: CloudEvents from a file or a pipe, one a line, through the gateway."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any, Final

import msgspec
import typer

from backbone.contract.codec import LIMIT_BYTES
from drumbeat.client import Platform
from drumbeat.counting import counting
from drumbeat.imports.sender import Refusal, Sender, in_batches
from drumbeat.imports.sheet import opened_bytes
from drumbeat.output import ANSWER_IS_NO, answer, print_json, progress

STANDARD_INPUT: Final = "-"
SHOWN_REFUSALS: Final = 20
LONGEST_LINE: Final = LIMIT_BYTES + 1


@dataclass(frozen=True, slots=True)
class Event:
    """One line that is JSON."""

    line: int
    body: bytes


def publish(
    file: Annotated[str, typer.Argument(help="A file with a CloudEvent (structured JSON) a line, or - for a pipe.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Send events, one CloudEvent a line, in their order; blank lines are passed over.

    A line that is broken or refused is reported by its number and does not hold up the others.
    Sending the same file again is safe: what is known is a duplicate.

    Exit code 0: all of it is in. 1: lines were refused. 3: it could not be done.
    """
    broken: list[Refusal] = []
    with Platform.known() as platform, _opened(file) as lines, counting("Sending", None) as advance:
        sender = Sender(platform, advance)
        for batch in in_batches(_events(lines, broken)):
            sender.send_batch(batch)
    receipt = sender.receipt
    refused = sorted([*broken, *receipt.rejected], key=lambda one: one.line)
    if as_json:
        print_json(
            {
                "read": receipt.sent + len(broken),
                "sent": receipt.sent,
                "accepted": receipt.accepted,
                "duplicate": receipt.duplicate,
                "rejected": [_row(one) for one in refused],
            }
        )
    else:
        for one in refused[:SHOWN_REFUSALS]:
            progress.print(f"line {one.line}: {one.detail} ({one.reason})", markup=False, soft_wrap=True)
        if len(refused) > SHOWN_REFUSALS:
            progress.print(f"... and {len(refused) - SHOWN_REFUSALS:,} more; --json lists all")
        answer.print(
            f"{receipt.sent + len(broken):,} lines read: {receipt.accepted:,} new, "
            f"{receipt.duplicate:,} known before, {len(refused):,} refused"
        )
    if refused:
        sys.exit(ANSWER_IS_NO)


def _events(lines: IO[bytes], broken: list[Refusal]) -> Iterator[Event]:
    """The lines that are JSON objects as far as the gateway must know to take a batch apart."""
    number = 0
    while line := lines.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            _pass_over(lines)
            broken.append(
                Refusal(
                    number, None, "too-large", f"The line is longer than the {LIMIT_BYTES // 1024} KiB of an event."
                )
            )
            continue
        body = line.strip()
        if not body:
            continue
        try:
            msgspec.json.decode(body, type=msgspec.Raw)
            body.decode("utf-8")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
            broken.append(Refusal(number, None, "broken-json", f"The line is no JSON: {fault}."))
            continue
        yield Event(number, body)


def _pass_over(lines: IO[bytes]) -> None:
    while (rest := lines.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass


@contextmanager
def _opened(file: str) -> Iterator[IO[bytes]]:
    if file == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    with opened_bytes(Path(file)) as lines:
        yield lines


def _row(refused: Refusal) -> dict[str, Any]:
    return {
        "line": refused.line,
        "column": refused.field,
        "reason": refused.reason,
        "detail": refused.detail,
    }
