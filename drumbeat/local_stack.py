"""`drumbeat up`, `down` and `status`: the stack on this machine."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer
from pydantic import ValidationError
from rich.table import Table

from backbone.settings import Settings
from drumbeat.output import ANSWER_IS_NO, Trouble, answer, print_json
from drumbeat.progress import OnTerminal

if TYPE_CHECKING:
    from deploy.local.stack import Stack, Status

LITTLE_ROOM_BYTES: Final = 500_000_000

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="NAME", help="Start this process and no other; may be repeated."),
]


def up(as_json: AsJson = False, only: Only = None) -> None:
    """Start broker, store and services; return when every one answers.

    Exit code 0: all of it is up. 3: it could not be started, nothing is left running.
    """
    status = local_stack(only).up(OnTerminal())
    if as_json:
        print_json(asdict(status))
    else:
        answer.print(f"Drumbeat is up: {status.gateway}  (`drumbeat down` stops it)")


def down(as_json: AsJson = False) -> None:
    """Stop everything in good order; the data stays.

    Exit code 0: nothing runs any more.
    """
    stack = local_stack()
    ran = stack.down(OnTerminal())
    if as_json:
        print_json({"ran": ran, "home": str(stack.home.root)})
    elif ran:
        answer.print(f"Drumbeat is down; its data stays in {stack.home.root}")
    else:
        answer.print(f"Nothing of Drumbeat runs in {stack.home.root}")


def status(as_json: AsJson = False) -> None:
    """Say of every process whether it runs and answers.

    Exit code 0: all of it is up. 1: it is not.
    """
    found = local_stack().status()
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)
    if found.state != "up":
        sys.exit(ANSWER_IS_NO)


def local_stack(only: list[str] | None = None) -> "Stack":
    """The stack the environment names.

    Raises:
        Trouble: a DRUMBEAT_ variable is wrong, or the local stack is not installed.
    """
    try:
        # Imported late: a machine that only asks a remote Drumbeat needs none of it.
        from deploy.local.stack import Stack
    except ImportError as fault:
        raise Trouble(f"The local stack is not installed here ({fault.name} is missing): run `make setup`.") from fault
    try:
        return Stack(Settings(), only or ())
    except ValidationError as fault:
        wrong = fault.errors()[0]
        name = "_".join(str(part) for part in wrong["loc"]).upper()
        raise Trouble(f"DRUMBEAT_{name} is wrong: {wrong['msg']}.") from fault


def _show(found: "Status") -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("process", "state", "answers", "port", "pid", "up for"):
        table.add_column(column, justify="right" if column in {"port", "pid", "up for"} else "left")
    for process in found.processes:
        table.add_row(
            process.name,
            process.state,
            "yes" if process.ready else "[red]no[/red]",
            str(process.port),
            str(process.pid or ""),
            _span(process.uptime_seconds),
        )
    answer.print(table)
    answer.print(f"{found.state}  {found.gateway}  data in {found.home}")
    if 0 < found.free_bytes < LITTLE_ROOM_BYTES:
        answer.print(f"Its disk has {found.free_bytes / 1e6:,.0f} MB free: make room before it is full.")
    if found.left_behind:
        answer.print(
            f"{found.left_behind} processes of a stack that was killed still run: "
            "`drumbeat up` or `drumbeat down` ends them."
        )


def _span(seconds: int | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
