"""Event logs in XES (IEEE 1849), read trace by trace with the lines things stand on.

Expat reads the file in pieces, so a large log needs little memory; a file that
declares entities is refused, for no log needs any and nested ones fill the memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat  # entities are refused below, the one way to attack it

from drumbeat.imports.sheet import BROKEN_FILE, opened_bytes
from drumbeat.imports.told import Fault

PIECE_BYTES: Final = 256 * 1024
TRACE: Final = "trace"
EVENT: Final = "event"


@dataclass(slots=True)
class Attributes:
    """The attributes of a trace or an event, each with the line it stands on."""

    line: int
    values: dict[str, tuple[str, int]] = field(default_factory=dict)

    def cells(self, *keys: str) -> dict[str, str]:
        """The values of these keys; empty where one is missing."""
        return {key: self.values.get(key, ("", 0))[0] for key in keys}

    def line_of(self, key: str) -> int:
        """The line of an attribute; the element's own where it is missing."""
        return self.values.get(key, ("", self.line))[1]


@dataclass(slots=True)
class Trace:
    """One case of a log."""

    attributes: Attributes
    events: list[Attributes] = field(default_factory=list)

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.attributes.line


class read_traces:  # noqa: N801 - an iterator that is used like a generator function
    """The traces of a log, plain or gzipped, in order; `whole` tells afterwards whether it was read to its end.

    What cannot be read as XML is noted in `faults`.

    Raises:
        Trouble: the file cannot be opened.
    """

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self._path = path
        self._faults = faults
        self.whole = True

    def __iter__(self) -> Iterator[Trace]:
        with opened_bytes(self._path) as file:
            yield from self._traces(file)

    def _traces(self, file: IO[bytes]) -> Iterator[Trace]:
        builder = _Builder()
        try:
            while piece := file.read(PIECE_BYTES):
                builder.parser.Parse(piece, False)
                yield from builder.taken()
            builder.parser.Parse(b"", True)
            yield from builder.taken()
        except expat.ExpatError as broken:
            self._broken(broken.lineno, f"is no well-formed XML at character {broken.offset + 1}: {broken}")
        except _EntityDeclared as refused:
            self._broken(refused.line, "declares an entity: no log needs any, take it out")
        except BROKEN_FILE as broken:
            self._broken(builder.parser.CurrentLineNumber, f"cannot be read on: {broken}")

    def _broken(self, line: int, reason: str) -> None:
        self.whole = False
        self._faults.append(Fault(self._path.name, line, None, reason))


class _EntityDeclared(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Builder:
    """Collects what expat reports; only direct children of a trace or an event are its attributes."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._refuse
        self._open: list[str] = []
        self._trace: Trace | None = None
        self._done: list[Trace] = []

    def taken(self) -> list[Trace]:
        """The traces that ended since the last call."""
        done, self._done = self._done, []
        return done

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        parent = self._open[-1] if self._open else ""
        self._open.append(tag)
        if tag == TRACE:
            self._trace = Trace(Attributes(line))
        elif self._trace is None:
            return
        elif tag == EVENT:
            self._trace.events.append(Attributes(line))
        elif "key" in given and parent in (TRACE, EVENT):
            holder = self._trace.attributes if parent == TRACE else self._trace.events[-1]
            holder.values.setdefault(given["key"], (given.get("value", ""), line))

    def _end(self, tag: str) -> None:
        self._open.pop()
        if tag == TRACE and self._trace is not None:
            self._done.append(self._trace)
            self._trace = None

    def _refuse(self, *_: object) -> None:
        raise _EntityDeclared(self.parser.CurrentLineNumber)
