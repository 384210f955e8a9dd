"""How much stands in SQLite's write-ahead log, read from the index that SQLite keeps of it beside the file."""

import os
import sys
from pathlib import Path
from typing import Final


class WalIndex:
    """`FILE-shm`, opened once and closed after every connection to FILE is.

    Whoever closes a file takes all locks from it that this process has there (fcntl(2), "Advisory record locking"), and
    SQLite's locks on the log are on this file: the next process that opened the database would take itself for the
    only one, and empty the index under those who use it (https://sqlite.org/howtocorrupt.html, section 2.2).
    """

    def __init__(self, file: Path) -> None:
        self._path: Final = f"{file}-shm"
        self._open: int | None = None

    def pages(self) -> int:
        """Pages in the log that are not in the file yet (https://sqlite.org/walformat.html, section 2.1)."""
        header = os.pread(self._open, 100, 0) if self._opened() and self._open is not None else b""
        if len(header) < 100:
            return 0
        written, copied = (int.from_bytes(header[at : at + 4], sys.byteorder) for at in (16, 96))
        return written - copied

    def close(self) -> None:
        """When no connection of this process is open any more."""
        if self._open is not None:
            os.close(self._open)
            self._open = None

    def _opened(self) -> bool:
        if self._open is not None and os.fstat(self._open).st_nlink == 0:  # taken away with the last connection
            self.close()
        if self._open is None:
            try:
                self._open = os.open(self._path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
            except OSError:
                return False
        return True
