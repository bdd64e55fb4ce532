"""A file of rows while it is being read."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from backbone.imports.columns import Column, mapped
from backbone.imports.importer import NO_MONEY, Importer
from backbone.imports.job import Import
from backbone.imports.tables import Table


class Opened:
    """A file being read.

    Raises:
        Refused: it is no such file, or its columns are not those the import names.
    """

    def __init__(
        self, folder: "tempfile.TemporaryDirectory[str]", job: Import, importer: Importer, zone: ZoneInfo
    ) -> None:
        self._folder = folder
        try:
            self.table = Table(Path(folder.name) / "file", job.format, zone)
            self.places: Sequence[Column | None] = mapped(self.table.header, job.mapping, importer.columns)
        except BaseException:
            folder.cleanup()
            raise
        self.money = importer.money if job.amounts == "major" else NO_MONEY
        self.round = job.round
        self.line = 0
        self._tried: dict[int, int] = {}

    def close(self) -> None:
        """Throw the file away."""
        self.table.close()
        self._folder.cleanup()

    def twin_of(self, keys: Iterable[str], line: int) -> int | None:
        """The line before that had one of these keys; None when none had, and then this line has them.

        A dry run makes nothing that the next line could meet, so it remembers what it would have made.
        """
        marks = [hash(key) for key in keys]  # numbers take a third of the room
        for mark in marks:
            if (earlier := self._tried.get(mark)) is not None and earlier != line:
                return earlier
        self._tried.update(dict.fromkeys(marks, line))
        return None
