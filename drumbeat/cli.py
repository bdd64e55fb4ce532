"""The `drumbeat` command: one line registers one module of this package."""

import sys

import typer

from drumbeat.output import NOT_DONE, Trouble, progress

app = typer.Typer(
    name="drumbeat",
    help="The event backbone of a field sales force.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root() -> None:
    """The event backbone of a field sales force."""


def main() -> None:
    """Run one command; a trouble it names ends as one sentence and exit code 3."""
    try:
        app()
    except Trouble as trouble:
        progress.print(f"[red]drumbeat:[/red] {trouble}")
        sys.exit(NOT_DONE)
