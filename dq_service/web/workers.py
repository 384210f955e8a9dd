"""Several processes that serve one port: started together, replaced when one dies, stopped together.

The parent holds the listening socket and accepts nothing: a connection that waits when a worker dies is another's.
Each worker holds one end of a pipe; it tells there that it is ready, and stops when the parent says so or is gone.
"""

import gc
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Final

from dq_service.web.patience import Patience
from dq_service.web.server import Application, Server

log = logging.getLogger(__name__)

SPAWN: Final = get_context("spawn")  # a fork would copy threads' locks
TRIES: Final = 3  # of a worker that dies again and again before it is ready
PAUSE: Final = 1.0  # seconds before it is tried again
LATE: Final = 3.0  # seconds past the grace, after which a worker that was told to stop is killed
FAILED: Final = 1


class Worker:
    """One place among the workers, and the process that fills it."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.process: BaseProcess | None = None
        self.link: Connection | None = None
        self.ready = False
        self.failures = 0  # deaths in a row before it was ready
        self.started = 0  # how many processes have filled this place
        self.due = 0.0  # when the next is started

    def start(self, application: Application, listening: socket.socket, patience: Patience) -> None:
        """A new process in this place."""
        self.link, theirs = SPAWN.Pipe()
        arguments = (application, self.place, self.started > 0, listening, theirs, patience)
        self.process = SPAWN.Process(target=_work, args=arguments, name=f"dq-worker-{self.place}")
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; a new process inherits that
        try:
            self.process.start()
        finally:
            signal.signal(signal.SIGINT, before)
        self.started += 1
        theirs.close()

    def died(self) -> None:
        """Takes note that the process has ended: when is the next one due?"""
        assert self.process is not None
        assert self.link is not None
        log.error("worker %d ended with code %s", self.place, self.process.exitcode)
        self.failures = 0 if self.ready else self.failures + 1
        self.due = time.monotonic() + (PAUSE if self.failures else 0.0)
        self.ready = False
        self.link.close()
        self.process.close()
        self.process = self.link = None


class Workers:
    """The parent of the workers. `grace` is how many seconds requests have when it is told to stop."""

    def __init__(
        self, application: Application, listening: socket.socket, count: int, grace: float, patience: Patience
    ) -> None:
        self._application = application
        self._listening = listening
        self._workers = [Worker(place) for place in range(count)]
        self._grace = grace
        self._patience = patience
        self._signals = 0
        self._woken, self._wake = SPAWN.Pipe(duplex=False)

    def run(self, ready: Callable[[], None]) -> int:
        """Serves until told to stop (SIGINT, SIGTERM); calls `ready` once all are. The exit code."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(one, self._told) for one in signals]
        try:
            code = self._serve(ready)
            self._stop()
        finally:
            for one, handler in zip(signals, before, strict=True):
                signal.signal(one, handler)
        return code

    def _told(self, sig: int, frame: FrameType | None) -> None:
        self._signals += 1
        self._wake.send_bytes(b"!")

    def _serve(self, ready: Callable[[], None]) -> int:
        announced = False
        while not self._signals:
            for worker in self._workers:
                if worker.process is None and worker.due <= time.monotonic():
                    worker.start(self._application, self._listening, self._patience)
            self._wait(self._pause())
            for worker in self._workers:
                self._look_at(worker)
            if any(worker.failures == TRIES for worker in self._workers):
                print(f"dq serve: a worker ended {TRIES} times before it was ready", file=sys.stderr)
                return FAILED
            if not announced and all(worker.ready for worker in self._workers):
                announced = True
                ready()
        return 0

    def _look_at(self, worker: Worker) -> None:
        if worker.process is None or worker.link is None:
            return
        if not worker.ready and worker.link.poll():
            try:
                worker.ready = bool(worker.link.recv_bytes())
            except EOFError:  # it is ending; its process will tell
                worker.process.join(self._grace)
        if worker.process.exitcode is not None:
            worker.died()

    def _pause(self) -> float | None:
        """Seconds until a process has to be started; None where none is missing."""
        due = [worker.due for worker in self._workers if worker.process is None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _wait(self, seconds: float | None) -> None:
        """Until a worker has something to tell or has ended, or a signal came."""
        running = [worker for worker in self._workers if worker.process is not None]
        awaited: list[Connection | int] = [self._woken, *(one.process.sentinel for one in running if one.process)]
        awaited += [one.link for one in running if one.link and not one.ready]
        if self._woken in wait(awaited, seconds):
            self._woken.recv_bytes()

    def _stop(self) -> None:
        """Tells all to stop and waits for them; a second signal, or the end of the grace, cuts that short."""
        running = [worker for worker in self._workers if worker.process is not None]
        for worker in running:
            if worker.link is not None:
                worker.link.close()
        processes = [worker.process for worker in running if worker.process is not None]
        end, told = time.monotonic() + self._patience.notice + self._grace + LATE, self._signals
        while any(process.exitcode is None for process in processes) and (left := end - time.monotonic()) > 0:
            alive = [process for process in processes if process.exitcode is None]
            if self._woken in wait([self._woken, *(process.sentinel for process in alive)], left):
                self._woken.recv_bytes()
            if self._signals > told:
                told = self._signals
                for process in alive:
                    process.terminate()
        for process in processes:
            if process.exitcode is None:
                process.kill()
            process.join()


def _work(
    application: Application,
    place: int,
    restarted: bool,
    listening: socket.socket,
    link: Connection,
    patience: Patience,
) -> None:
    """The life of a worker."""
    gc.disable()  # until it is ready
    server = WorkersServer(application(place, restarted), lambda: link.send_bytes(b"ready"), patience)
    threading.Thread(target=_follow, args=(server, link), name="dq-parent", daemon=True).start()
    server.run(sockets=[listening])


class WorkersServer(Server):
    """The server of one worker: Ctrl-C reaches it with its parent, which tells it to stop."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig != signal.SIGINT:
            super().handle_exit(sig, frame)


def _follow(server: Server, link: Connection) -> None:
    """Stops the server when the parent says so, by closing the pipe, or is gone."""
    try:
        link.recv_bytes()
    except (EOFError, OSError):
        server.should_exit = True
