"""The one place where kept orders change: commands are collected while a group is written, then carried out together.

Group commit without a timer: whatever has come in while the last group was written is the next one. A group is read,
decided and written in one transaction, and nobody is answered before that is on the disk.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dq_service.faults import told
from dq_service.meters import Meters
from dq_service.service.commands import Decide, EndHold, Look
from dq_service.service.group import Asked, Group, InForce
from dq_service.store.database import WAL_PAGES, Conflict, Database, Unavailable
from dq_service.store.kept import Step

log = logging.getLogger(__name__)

MOST: Final = 64  # commands in a group: enough to share a commit, few enough not to wait long for one another
WAITING: Final = 2048  # commands that may wait; more is overload
BESIDE: Final = 8  # commands of the background in a group that others wait for
TRIES: Final = 5  # of a group that another worker's write got in the way of


class InFlight(Exception):
    """A request under the same Idempotency-Key is being carried out."""


class Overloaded(Exception):
    """More commands wait than can be carried out soon."""


@dataclass(eq=False, slots=True)
class _Job:
    """A command that waits for its answer: the step that it made, or why it made none."""

    asked: Asked
    answer: "asyncio.Future[Step]"
    came: Step | Exception | None = None


class Ledger:
    """Carries out commands on kept orders; one for each process, in a thread beside its event loop."""

    def __init__(
        self,
        database: Database,
        in_force: Callable[[], InForce],
        *,
        worker: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        announced: Callable[[], None] = lambda: None,
        meters: Meters | None = None,
    ) -> None:
        """`in_force()` gives what orders are checked with now; `announced()` is called when events were written."""
        self._database = database
        self._in_force = in_force
        self._worker = worker
        self._clock = clock
        self._announced = announced
        self._meters = meters or Meters()
        self._waiting: deque[_Job] = deque()
        self._background: deque[_Job] = deque()  # what nobody waits for: holds that end, orders looked at again
        self._some = asyncio.Event()
        self._in_flight: set[tuple[str, str]] = set()

    @property
    def waiting(self) -> tuple[int, int]:
        """How many commands wait: those that somebody waits for, and those of the background."""
        return len(self._waiting), len(self._background)

    async def carry_out(self, asked: Asked) -> Step:
        """The step that a command makes, once it is written durably.

        Raises Refused, InFlight, OtherBody, Overloaded, Unavailable (nothing was written, or nobody can say whether
        it was: asking again is safe).
        """
        later = asked.dry or isinstance(asked.command, EndHold | Look | Decide)
        waiting = self._background if later else self._waiting
        if len(waiting) >= WAITING:
            raise Overloaded
        key = asked.once and (asked.once.scope, asked.once.key)
        if key in self._in_flight:
            raise InFlight
        if key:
            self._in_flight.add(key)
        try:
            job = _Job(asked, asyncio.get_running_loop().create_future())
            waiting.append(job)
            self._some.set()
            return await job.answer
        finally:
            if key:
                self._in_flight.discard(key)

    async def run(self) -> None:
        """Carries out what is asked until it is cancelled, and then what still waits."""
        with ThreadPoolExecutor(1, "dq-ledger") as thread:
            group: asyncio.Future[None] | None = None
            try:
                while True:
                    if not (self._waiting or self._background):
                        self._some.clear()
                        await self._some.wait()
                    group = asyncio.ensure_future(self._next(thread))
                    await asyncio.shield(group)
            finally:
                if group is not None:
                    await group
                while self._waiting or self._background:
                    await self._next(thread)

    async def _next(self, thread: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        jobs = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        beside = min(len(self._background), BESIDE if jobs else MOST)
        jobs += [self._background.popleft() for _ in range(beside)]
        await loop.run_in_executor(thread, self._settle, jobs)
        for job in jobs:
            if job.answer.cancelled():
                continue
            if isinstance(job.came, Step):
                job.answer.set_result(job.came)
                if job.came.told is not None and not job.asked.dry:
                    self._meters.revisions.add((job.came.told.verdict, job.came.told.action))
            else:
                job.answer.set_exception(job.came or RuntimeError("a command came to nothing"))
        if any(isinstance(job.came, Step) and job.came.events for job in jobs):
            self._announced()
        # Nobody waits for this: the answers are given. Under load it waits until much is to be done at once.
        await loop.run_in_executor(thread, self._tidied, WAL_PAGES * (4 if self._waiting else 1))

    def _settle(self, jobs: Sequence[_Job]) -> None:
        """Carries out a group; what breaks it, and is no trouble of the database's, breaks the one command alone."""
        try:
            self._written(jobs)
        except Unavailable as trouble:
            if trouble.why == "busy" and len(jobs) > 1:  # one of them may be the reason
                for job in jobs:
                    self._settle([job])
                return
            for job in jobs:
                job.came = trouble
        except Exception as broke:
            if len(jobs) > 1:
                for job in jobs:
                    self._settle([job])
                return
            log.error("a command cannot be written: %s", told(broke))
            jobs[0].came = broke

    def _tidied(self, pages: int) -> None:
        try:
            self._database.checkpoint(pages)
        except Exception as trouble:  # whatever it is, those who wait must not wait for ever
            log.error("the database's log cannot be brought into its file: %s", told(trouble))

    def _written(self, jobs: Sequence[_Job]) -> None:
        """Carries out a group: whole, or not at all. Raises Unavailable."""
        for _ in range(TRIES):
            try:
                with self._database.writing() as connection:
                    asked = [job.asked for job in jobs]
                    group = Group(connection, asked, self._in_force(), self._clock(), self._meters)
                    for job in jobs:
                        job.came = group.came_to(job.asked)
                    group.write(self._worker)
                self._meters.groups.add(len(jobs))
                return
            except Conflict:  # another worker has taken one of these identities or keys meanwhile: now it is there
                continue
        raise Unavailable("busy", 1)
