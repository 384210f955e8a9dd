"""The spool: orders that the service could not be told of, on disk until it has them.

A file an order, whole or not there at all: written beside, synced, renamed, and the folder synced, before `add`
returns. Everything that has to be known without opening a file stands in its name. Several processes may share a
folder; one of them at a time sends.
"""

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from dq_service.client.disk import FRESH, ProcessLock, move_durably, write_durably
from dq_service.order import JSON

log = logging.getLogger("dq_service.client")

LIMIT: Final = 2**30  # bytes
SUFFIX: Final = ".order"
REFUSED: Final = "refused"
WHY: Final = ".why"
LOOK_EVERY: Final = 0.2  # seconds: how soon what another process has put by is seen
TICK: Final = 100_000_000  # nanoseconds
ABANDONED: Final = 3600.0  # seconds after which a half-written file has no writer any more


class Full(Exception):
    """The spool has reached its limit."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """An order that waits: the body as the caller gave it, its Idempotency-Key, where it is sent, since when."""

    name: str
    key: str
    path: str
    at: datetime
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetAside:
    """An order that the service refuses for good, or that cannot be read any more (status 0), and why."""

    name: str
    status: int
    why: str
    at: datetime
    body: bytes = field(repr=False)


class _Name(NamedTuple):
    """What a file's name tells: when (nanoseconds, so that names sort), by whom, of which order, how many bytes."""

    at: int
    process: int
    order: str
    size: int

    def __str__(self) -> str:
        return f"{self.at:020d}-{self.process:x}-{self.order}-{self.size}{SUFFIX}"


class Spool:
    """A folder of orders in the order in which they were given. Safe to share between threads and processes."""

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        """Makes the folder, its owner's alone, and finds what was left. Raises OSError if it cannot be written."""
        self.folder = folder
        self.limit = limit
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._names: dict[str, _Name] = {}
        self._writing: dict[str, _Name] = {}  # taken in, and not yet seen in the folder
        self._orders: Counter[str] = Counter()
        self._size = 0
        self._last = 0
        self._looked = 0.0
        self._changed = 0
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / REFUSED).mkdir(exist_ok=True, mode=0o700)
        self._turns = ProcessLock(folder / "lock")
        self._sweep()
        self._look()

    # --- what is in it ----------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """How many orders wait."""
        self._glance()
        return len(self._names)

    @property
    def oldest(self) -> datetime | None:
        """Since when the first of them waits; None where none does."""
        self._glance()
        with self._lock:
            first = min(self._names.values(), default=None)
        return None if first is None else datetime.fromtimestamp(first.at / 1e9, UTC)

    def holds(self, order: str) -> bool:
        """Whether an earlier body of this order waits (`order` as `mark` makes it)."""
        self._glance()
        return self._orders[order] > 0

    def names(self) -> list[str]:
        """What waits, first things first, as the folder is now."""
        self._look()
        with self._lock:
            return sorted(self._names)

    # --- in and out -------------------------------------------------------------------------------------------

    def add(self, order: str, key: str, path: str, body: bytes) -> str:
        """Takes an order in; when this returns, it survives the loss of power. Raises Full, OSError."""
        now = time.time_ns()
        head = {"key": key, "path": path, "at": datetime.fromtimestamp(now / 1e9, UTC)}
        content = orjson.dumps(head) + b"\n" + body
        with self._lock:
            if self._size + len(content) > self.limit:
                raise Full(f"the spool has reached its limit of {self.limit} bytes")
            self._last = max(now, self._last + 1)  # a clock that is set back does not turn the order round
            name = _Name(self._last, os.getpid(), order, len(content))
            self._put(str(name), name)
            self._writing[str(name)] = name
        try:
            write_durably(self.folder / str(name), content)
        except BaseException:
            self._drop(str(name))
            raise
        with self._lock:
            self._writing.pop(str(name), None)
        return str(name)

    def read(self, name: str) -> Spooled | None:
        """An order that waits; None where it is gone. One that cannot be read is set aside."""
        try:
            content = (self.folder / name).read_bytes()
        except FileNotFoundError:
            self._drop(name)
            return None
        head, _, body = content.partition(b"\n")
        try:
            told: JSON = orjson.loads(head)
            return Spooled(name, told["key"], told["path"], datetime.fromisoformat(told["at"]), body)
        except (ValueError, KeyError, TypeError):
            self.set_aside(name, 0, "the file cannot be read")
            return None

    def done(self, name: str) -> None:
        """The service has it. Should this be lost with the power, it is sent once more, under the same key."""
        (self.folder / name).unlink(missing_ok=True)
        self._drop(name)

    def set_aside(self, name: str, status: int, why: str) -> None:
        """Takes an order out of the line and keeps it, with the reason beside it."""
        reason = {"status": status, "why": why, "at": datetime.now(UTC)}
        write_durably(self.folder / REFUSED / (name + WHY), orjson.dumps(reason))
        try:
            move_durably(self.folder / name, self.folder / REFUSED / name)
        except FileNotFoundError:  # somebody took it away meanwhile
            return
        finally:
            self._drop(name)
        log.error("an order was refused for good and set aside: %s (%s)", self.folder / REFUSED / name, status)

    def refused(self) -> Iterator[SetAside]:
        """What was set aside, first things first."""
        for path in sorted((self.folder / REFUSED).glob(f"*{SUFFIX}")):
            told: dict[str, Any] = {}
            try:
                told = orjson.loads(path.with_name(path.name + WHY).read_bytes())
                at = datetime.fromisoformat(told["at"])
            except (OSError, ValueError, KeyError):
                at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            body = path.read_bytes().partition(b"\n")[2]
            yield SetAside(path.name, told.get("status", 0), told.get("why", ""), at, body)

    def put_back(self, name: str) -> None:
        """Lets one that was set aside wait again, in its old place. Raises FileNotFoundError."""
        move_durably(self.folder / REFUSED / name, self.folder / name)
        (self.folder / REFUSED / (name + WHY)).unlink(missing_ok=True)
        self._look()

    # --- whose turn it is to send -----------------------------------------------------------------------------

    def take_turn(self) -> bool:
        """Whether the caller may send now: nobody else does, here or in another process, until `end_turn`."""
        if not self._turn.acquire(blocking=False):
            return False
        if self._turns.take():
            return True
        self._turn.release()
        return False

    def end_turn(self) -> None:
        """Lets others send."""
        self._turns.free()
        self._turn.release()

    def close(self) -> None:
        """Forgets the folder; what waits stays there."""
        self._turns.close()

    # --- what is known without asking the disk ----------------------------------------------------------------

    def _put(self, name: str, parts: _Name) -> None:
        if name not in self._names:
            self._names[name] = parts
            self._orders[parts.order] += 1
            self._size += parts.size

    def _drop(self, name: str) -> None:
        with self._lock:
            self._writing.pop(name, None)
            parts = self._names.pop(name, None)
            if parts is not None:
                self._size -= parts.size
                self._orders[parts.order] -= 1
                if not self._orders[parts.order]:
                    del self._orders[parts.order]

    def _glance(self) -> None:
        """Looks again where the folder has changed since; costs a `stat`, and that seldom."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        with suppress(OSError):  # the order path goes on; whoever sends or adds will meet it
            if self.folder.stat().st_mtime_ns != self._changed:
                self._look()

    def _look(self) -> None:
        with self._lock:
            changed = self.folder.stat().st_mtime_ns
            # What changes in the same tick of the system's clock as the look would not be seen by the time alone.
            self._changed = changed if time.time_ns() - changed > TICK else 0
            found = {name: parts for name in os.listdir(self.folder) if (parts := _parts(name)) is not None}
            self._names, self._orders, self._size = {}, Counter(), 0
            for name, parts in {**found, **self._writing}.items():
                self._put(name, parts)
                self._last = max(self._last, parts.at)

    def _sweep(self) -> None:
        """Removes what was half written when its process ended: nobody was told that it is kept."""
        for path in (*self.folder.glob(f".*{FRESH}"), *(self.folder / REFUSED).glob(f".*{FRESH}")):
            try:
                if time.time() - path.stat().st_mtime > ABANDONED:
                    path.unlink()
            except OSError:  # swept by another process
                continue


def mark(*identity: str) -> str:
    """An order's identity as a short text that is good in a file's name."""
    return blake2b("\x1f".join(identity).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _parts(name: str) -> _Name | None:
    pieces = name.removesuffix(SUFFIX).split("-")
    if not name.endswith(SUFFIX) or len(pieces) != 4:
        return None
    try:
        return _Name(int(pieces[0]), int(pieces[1], 16), pieces[2], int(pieces[3]))
    except ValueError:
        return None
