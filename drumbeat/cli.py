"""The `drumbeat` command. One line below registers one command; each lives in a module of its own.

A command is a function with typer annotations; its docstring is its help. It writes its answer with
`drumbeat.output` and raises `Trouble` (or an error of the local stack) when it cannot be done.
"""

import signal
import sys

import typer

from deploy.local.errors import StackError
from drumbeat import demo, figures, local_stack, publish, reconcile
from drumbeat.imports import command as imports
from drumbeat.output import INTERRUPTED, NOT_DONE, TERMINATED, Trouble, progress

app = typer.Typer(
    name="drumbeat",
    help="The event backbone of a field sales force.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command()(local_stack.up)
app.command()(local_stack.down)
app.command()(local_stack.status)
figures.register(app)
reconcile.register(app)
demo.register(app)
app.command("import")(imports.import_file)
app.command()(publish.publish)


def main() -> None:
    """Run one command; a trouble it names ends as one sentence and exit code 3."""
    # Told to end, a command clears up behind it as it does at Ctrl-C; also one that a script started in the
    # background, where shells let Ctrl-C be ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        app()
    except (Trouble, StackError) as trouble:
        progress.print(f"drumbeat: {trouble}", markup=False, soft_wrap=True)
        sys.exit(NOT_DONE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
