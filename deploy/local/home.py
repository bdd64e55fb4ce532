"""The folder of one stack: data, logs, keys and what its supervisor needs."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.errors import AlreadyWorking, NoRoom, room_in

NEEDED_BYTES: Final = 1024**3
"""Free room a start asks for: the broker's segments, the store's journal and an hour of logs."""

MARK: Final = "DRUMBEAT_STACK"
"""Environment variable every process of a stack carries: the folder it belongs to."""

SOCKET_PATH_LIMIT: Final = 100
"""A unix socket's path has room for 108 bytes on Linux, 104 on macOS."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where one stack keeps everything. `root` is absolute."""

    root: Path

    @classmethod
    def at(cls, folder: Path) -> "Home":
        """The stack of a folder, wherever the caller stands."""
        return cls(folder.expanduser().resolve())

    @property
    def logs(self) -> Path:
        """One rotated log file a process."""
        return self.root / "logs"

    @property
    def data(self) -> Path:
        """What the engines store; kept between starts."""
        return self.root / "data"

    @property
    def run(self) -> Path:
        """Generated configuration, socket, pid and lock: nothing worth keeping."""
        return self.root / "run"

    @property
    def credentials(self) -> Path:
        """The first admin key and the gateway's address, readable by the owner only."""
        return self.root / "credentials.json"

    @property
    def record(self) -> Path:
        """How the running stack was started: ports and addresses."""
        return self.run / "stack.json"

    @property
    def socket(self) -> Path:
        """The supervisor's socket; elsewhere when the path would be too long for a socket."""
        inside = self.run / "supervisor.sock"
        if len(os.fsencode(inside)) <= SOCKET_PATH_LIMIT:
            return inside
        short = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"drumbeat-{os.getuid()}-{short}.sock"

    def log(self, process: str) -> Path:
        """The log file of one process."""
        return self.logs / f"{process}.log"

    def prepare(self, needed_bytes: int = NEEDED_BYTES) -> None:
        """Make the folders and see that the disk has room.

        Raises:
            NoRoom: less than `needed_bytes` are free.
            NotUsable: a folder cannot be made.
        """
        with room_in(self.root):
            for folder in (self.root, self.logs, self.data, self.run):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        free = self.free_bytes()
        if free < needed_bytes:
            raise NoRoom(
                f"The disk that holds {self.root} has {free / 1e6:,.0f} MB free and the stack needs "
                f"{needed_bytes / 1e6:,.0f} MB: free some room, or set DRUMBEAT_HOME to a folder on "
                "another disk."
            )

    def free_bytes(self) -> int:
        """Room left on the disk of this folder."""
        return shutil.disk_usage(self.root).free

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the stack for one command; the lock goes with the process that holds it.

        Raises:
            AlreadyWorking: another command holds it.
        """
        with room_in(self.root):
            lock = (self.run / "lock").open("a+")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise AlreadyWorking(
                    f"Another drumbeat command (pid {lock.read().strip() or 'unknown'}) is working "
                    f"on the stack in {self.root}: wait until it is done, or stop it."
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def last_words(self, process: str) -> str:
        """The last line a process logged, or an empty text."""
        try:
            lines = self.log(process).read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
