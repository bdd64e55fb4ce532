"""A bar for long work: how many of how many, how fast, how long still."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from drumbeat.output import progress


@contextmanager
def counting(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error while the block runs; nothing where nobody watches (a file, a pipe).

    Args:
        what: the word before it.
        total: how many there are; None while nobody knows.

    Returns:
        What to call with the number that was just done; any thread may.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn(show_speed=True))
    unseen = not progress.is_terminal
    with Progress(*columns, TimeRemainingColumn(), console=progress, transient=True, disable=unseen) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.update(task, advance=count)
