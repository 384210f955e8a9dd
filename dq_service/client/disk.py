"""Files that outlive the loss of power, and a lock between processes."""

import os
from pathlib import Path

FRESH = ".new"  # the ending of a file that is being written


def write_durably(path: Path, content: bytes) -> None:
    """Puts a file there that is whole once this returns, even if the power fails, and before that not at all.

    Its owner alone may read it. Raises OSError, and then leaves nothing.
    """
    fresh = path.with_name(f".{path.name}{FRESH}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    sync(path.parent)


def move_durably(path: Path, to: Path) -> None:
    """Moves a file to another folder of the same file system. Raises FileNotFoundError where it is gone."""
    os.replace(path, to)
    sync(to.parent)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Makes what was put into a folder or taken out of it durable, where the system can."""
    if os.name != "nt":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class ProcessLock:
    """A lock that one process has at a time; the system frees it when that process ends, however it does.

    Where the system has no such lock (Windows), it is always to be had.
    """

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self) -> bool:
        """Whether it was free and is ours now; never waits."""
        try:
            import fcntl
        except ImportError:
            return True
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def free(self) -> None:
        """Lets others have it."""
        try:
            import fcntl
        except ImportError:
            return
        fcntl.flock(self._handle, fcntl.LOCK_UN)

    def close(self) -> None:
        """Frees it for good."""
        os.close(self._handle)
