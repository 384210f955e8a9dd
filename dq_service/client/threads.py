"""Work that may hang (a name server, a disk), done by threads that nobody has to wait for."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeVar

T = TypeVar("T")

MOST: Final = 256  # threads at once; they are made when all others are busy, and most programs never have more than ten


class Busy(Exception):
    """All threads hang."""


class Threads:
    """A pool that grows as needed and never keeps a program from ending."""

    def __init__(self, name: str, most: int = MOST) -> None:
        self._name = name
        self._most = most
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = self._all = 0

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Begins with the work; the future comes to what it returns or raises.

        Raises Busy where no thread is free and no more may be made.
        """
        future: Future[T] = Future()

        def task() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                value = work()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(value)

        with self._lock:
            if self._idle:
                self._idle -= 1
            elif self._all < self._most:
                self._all += 1
                threading.Thread(target=self._serve, name=self._name, daemon=True).start()
            else:
                raise Busy
        self._tasks.put(task)
        return future

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
            del task
            with self._lock:
                self._idle += 1

    def close(self) -> None:
        """Lets the threads end, each after what it is at."""
        with self._lock:
            for _ in range(self._all):
                self._tasks.put(None)
