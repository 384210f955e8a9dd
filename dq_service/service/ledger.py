"""The one place where kept orders change: commands are collected while a group is written, then carried out together.

Group commit without a timer: whatever has come in while the last group was decided is the next one. A group is read,
decided and written in one transaction, and nobody is answered before that is on the disk. Where the database takes
two transactions at once, a group is decided while the one before it is written: one waits for the disk, the other
does not. They are still written one after the other.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dq_service.faults import told
from dq_service.meters import Meters
from dq_service.service.commands import Decide, EndHold, Look
from dq_service.service.group import Asked, Group, InForce
from dq_service.store.database import WAL_PAGES, Conflict, Database, Unavailable
from dq_service.store.kept import Identity, Step

log = logging.getLogger(__name__)

MOST: Final = 64  # commands under way: enough to share a commit, few enough not to wait long for one another
FEW: Final = 8  # fewer begin once the group before them is written: whatever is in it, a group costs some four orders
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
        self._most = MOST // 2 if database.several else MOST  # in a group: two are under way, or one
        self._clock = clock
        self._announced = announced
        self._meters = meters or Meters()
        self._waiting: deque[_Job] = deque()
        self._background: deque[_Job] = deque()  # what nobody waits for: holds that end, orders looked at again
        self._some = asyncio.Event()
        self._in_flight: set[tuple[str, str]] = set()
        self._in_hand: set[Identity] = set()  # whose orders a group has that is not written yet
        self._pen = threading.Lock()  # who has it writes
        self._last: Group | None = None  # the last group that was decided

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
        groups: set[asyncio.Future[None]] = set()
        with ThreadPoolExecutor(2, "dq-ledger") as threads:
            try:
                while True:
                    if not (self._waiting or self._background):
                        self._some.clear()
                        await self._some.wait()
                    await self._begin(threads, groups)
            finally:
                while groups or self._waiting or self._background:
                    await self._begin(threads, groups)

    async def _begin(self, threads: ThreadPoolExecutor, groups: "set[asyncio.Future[None]]") -> None:
        """Begins the next group; returns when the one after it may begin."""
        for group in [group for group in groups if group.done()]:
            groups.remove(group)
            group.result()
        early = len(self._waiting) >= FEW
        if (early or not groups) and (jobs := self._next()):
            decided = asyncio.Event()
            groups.add(asyncio.ensure_future(self._answered(threads, jobs, decided)))
            await decided.wait()
        elif groups:
            await asyncio.wait(groups, return_when=asyncio.FIRST_COMPLETED)

    def _next(self) -> Sequence[_Job]:
        """What has come in, up to the first command for an order that another group has in hand."""
        jobs: list[_Job] = []
        while self._waiting and len(jobs) < self._most and self._waiting[0].asked.identity not in self._in_hand:
            jobs.append(self._waiting.popleft())
        beside = min(len(self._background), BESIDE if self._waiting or jobs else self._most)
        return jobs + [self._background.popleft() for _ in range(beside)]

    async def _answered(self, threads: ThreadPoolExecutor, jobs: Sequence[_Job], decided: asyncio.Event) -> None:
        """Carries out a group and gives its answers; `decided` is set when the next one may begin."""
        loop = asyncio.get_running_loop()
        identities = {job.asked.identity for job in jobs if job.asked.identity is not None}
        self._in_hand |= identities
        try:
            await loop.run_in_executor(threads, self._settle, jobs, lambda: loop.call_soon_threadsafe(decided.set))
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
            if not self._database.several:
                await loop.run_in_executor(threads, self._tidied, WAL_PAGES * (4 if self._waiting else 1))
        finally:
            self._in_hand -= identities
            decided.set()

    def _settle(self, jobs: Sequence[_Job], decided: Callable[[], object]) -> None:
        """Carries out a group; what breaks it, and is no trouble of the database's, breaks the one command alone."""
        try:
            self._written(jobs, decided)
        except Unavailable as trouble:
            if trouble.why == "busy" and len(jobs) > 1:  # one of them may be the reason
                for job in jobs:
                    self._settle([job], decided)
                return
            for job in jobs:
                job.came = trouble
        except Exception as broke:
            if len(jobs) > 1:
                for job in jobs:
                    self._settle([job], decided)
                return
            log.error("a command cannot be written: %s", told(broke))
            jobs[0].came = broke

    def _tidied(self, pages: int) -> None:
        try:
            self._database.checkpoint(pages)
        except Exception as trouble:  # whatever it is, those who wait must not wait for ever
            log.error("the database's log cannot be brought into its file: %s", told(trouble))

    def _written(self, jobs: Sequence[_Job], decided: Callable[[], object]) -> None:
        """Carries out a group: whole, or not at all. Raises Unavailable."""
        for _ in range(TRIES):
            try:
                with ExitStack() as turn:
                    with self._database.writing() as connection:
                        before = self._last if self._pen.locked() else None
                        asked = [job.asked for job in jobs]
                        group = Group(connection, asked, self._in_force(), self._clock(), self._meters, before)
                        for job in jobs:
                            job.came = group.came_to(job.asked)
                        turn.enter_context(self._pen)
                        if before is not None and not before.written:  # it was decided beside orders that are not there
                            continue
                        self._last = group
                        if self._database.several:
                            decided()
                        group.write(self._worker)
                    group.written = True
                self._meters.groups.add(len(jobs))
                return
            except Conflict:  # another worker has taken one of these identities or keys meanwhile: now it is there
                continue
        raise Unavailable("busy", 1)
