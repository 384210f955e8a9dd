"""The lock beside a SQLite file: one process writes it. The system lets go of it when that process ends, however."""

import os
import sys
from pathlib import Path
from typing import Final

from dq_service.store.trouble import Taken


class LockFile:
    """`FILE.lock`; who has it locked writes FILE. Its text is that process's number, for people."""

    def __init__(self, file: Path) -> None:
        self._file: Final = file
        self._open: int | None = None

    def take(self) -> None:
        """From now on until `release`; nothing where we have it. Raises Taken, and OSError where there is no folder."""
        if self._open is not None:
            return
        opened = os.open(f"{self._file}.lock", os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        try:
            _lock(opened)
        except OSError:
            holder = os.read(opened, 20).decode("ascii", "replace").strip()
            os.close(opened)
            raise Taken(str(self._file), holder) from None
        os.ftruncate(opened, 0)
        os.write(opened, f"{os.getpid()}\n".encode())
        self._open = opened

    def release(self) -> None:
        """Somebody else may write now. The file stays: taking it away would let two take it."""
        if self._open is not None:
            os.close(self._open)
            self._open = None


if sys.platform == "win32":
    import msvcrt

    def _lock(opened: int) -> None:
        os.lseek(opened, 1 << 20, os.SEEK_SET)  # far behind the text, which others may read
        msvcrt.locking(opened, msvcrt.LK_NBLCK, 1)
        os.lseek(opened, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(opened: int) -> None:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
