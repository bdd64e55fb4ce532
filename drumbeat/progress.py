"""How a start looks on a terminal: one line a step, a bar while something is fetched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from drumbeat.output import progress


class OnTerminal:
    """Draws on standard error, so that standard output stays the answer."""

    def step(self, text: str) -> None:
        """One line."""
        progress.print(text)

    @contextmanager
    def fetching(self, name: str, total_bytes: int) -> Iterator[Callable[[int], None]]:
        """A bar that goes away when the file is there."""
        columns = (TextColumn("  {task.description}"), BarColumn(), DownloadColumn())
        with Progress(*columns, TransferSpeedColumn(), console=progress, transient=True) as progress_bar:
            task = progress_bar.add_task(name, total=total_bytes)
            yield lambda count: progress_bar.update(task, advance=count)
