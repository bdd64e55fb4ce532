"""What can go wrong with a local stack, each with one sentence that says what to do.

StackError
├── PortInUse         another program listens where a process of ours must
├── NoRoom            the disk is full, or will be in a minute
├── DownloadFailed    the broker's files could not be fetched or are not what was pinned
├── AlreadyWorking    another command works on the same stack right now
├── OtherPorts        the stack is up, on other ports than asked for
├── NotUsable         the folder cannot hold a stack
└── DidNotStart       a process died or did not answer in time
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class StackError(Exception):
    """The stack cannot do what was asked; the text is for a person."""


class PortInUse(StackError):
    """Another program listens where a process of ours must."""


class NoRoom(StackError):
    """The disk has no room for the stack's data."""


class DownloadFailed(StackError):
    """The broker's files could not be fetched, or are not the pinned ones."""


class AlreadyWorking(StackError):
    """Another command works on the same stack right now."""


class OtherPorts(StackError):
    """The stack is up, on other ports than asked for."""


class NotUsable(StackError):
    """The folder cannot hold a stack."""


class DidNotStart(StackError):
    """A process died or did not answer in time."""


@contextmanager
def room_in(folder: Path) -> Iterator[None]:
    """Turn the system's errors about files under `folder` into a sentence.

    Raises:
        NoRoom: the disk, or the user's share of it, is full.
        NotUsable: a file cannot be written for another reason.
    """
    try:
        yield
    except OSError as fault:
        if fault.errno in FULL:
            raise NoRoom(
                f"The disk that holds {folder} is full: free some room, or set DRUMBEAT_HOME to a "
                "folder on another disk, then run `drumbeat up` again."
            ) from fault
        raise NotUsable(
            f"{fault.filename or folder} cannot be used ({fault.strerror}): mend it, or set "
            "DRUMBEAT_HOME to a folder you may write to."
        ) from fault
