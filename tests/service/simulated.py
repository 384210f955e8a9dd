"""An event loop whose time jumps: hours pass in seconds, while sockets, threads and databases are real.

When nothing can be read, nothing runs in a thread, and somebody waits for a later instant, that instant is now.
"""

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

SETTLING = 0.0005  # seconds without anything to read, after which nothing more is on its way through loopback


class SimulatedLoop(asyncio.SelectorEventLoop):
    """The loop. Its time begins at 0; `clock` tells the date."""

    def __init__(self, began: datetime | None = None) -> None:
        self.now = 0.0
        self.in_threads = 0
        self.began = began or datetime.now(UTC)
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self.now

    def clock(self) -> datetime:
        return self.began + timedelta(seconds=self.now)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        self.in_threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._back)
        return future

    def _back(self, _: Any) -> None:
        self.in_threads -= 1


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: SimulatedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        while True:
            if found := super().select(0.05 if self._loop.in_threads else SETTLING):
                return found
            if self._loop.in_threads:
                continue
            if timeout is None:
                if found := super().select(5):
                    return found
                raise RuntimeError("everybody waits for something that nobody will do")
            self._loop.now += timeout
            return []


def simulate(trial: Callable[[SimulatedLoop], Awaitable[None]], began: datetime | None = None) -> None:
    """Runs a test's coroutine in simulated time."""
    loop = SimulatedLoop(began)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(_run(trial, loop))


async def _run(trial: Callable[[SimulatedLoop], Awaitable[None]], loop: SimulatedLoop) -> None:
    await trial(loop)
