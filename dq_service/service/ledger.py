"""The one place where kept orders change: commands are collected while a group is written, then carried out together.

Group commit without a timer: whatever has come in while the last group was written is the next one. A group is read,
decided and written in one transaction, and nobody is answered before that is on the disk.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from sqlalchemy import Connection

from dq_service.context import Context, never
from dq_service.engine.engine import Engine
from dq_service.faults import told
from dq_service.finding import Finding
from dq_service.intake.json_text import Unreadable, read
from dq_service.order import JSON, Order
from dq_service.partner import Partner
from dq_service.result import Result
from dq_service.service.commands import Arrive, Command, Moment, Refused
from dq_service.service.life import decide
from dq_service.service.past import Found
from dq_service.store import history
from dq_service.store import orders as stored
from dq_service.store.database import WAL_PAGES, Conflict, Database, Unavailable
from dq_service.store.ids import new_id
from dq_service.store.kept import Identity, Kept, Step

log = logging.getLogger(__name__)

MOST: Final = 64  # commands in a group: enough to share a commit, few enough not to wait long for one another
WAITING: Final = 2048  # commands that may wait; more is overload
NO_ORDER: Final = "the document is no JSON object"
TRIES: Final = 5  # of a group that another worker's write got in the way of


class InForce(Protocol):
    """What orders are checked with: one state of the installation, whole and unchanging."""

    @property
    def engine(self) -> Engine:
        """What checks orders."""

    @property
    def published(self) -> Mapping[str, int]:
        """The versions in force by kind."""

    def partner_of(self, order: Any, named: str = "") -> Partner:
        """The partner named, else the order's own; the built-in policy where there is none."""


class InFlight(Exception):
    """A request under the same Idempotency-Key is being carried out."""


class OtherBody(Exception):
    """The Idempotency-Key was used before, with another body."""


class Overloaded(Exception):
    """More commands wait than can be carried out soon."""


@dataclass(frozen=True, slots=True)
class Once:
    """An Idempotency-Key: whose, which, and a hash of the body that it stands for."""

    scope: str
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A command for the order of an identity or of our id, and what carrying it out needs besides.

    `named` is the partner that the caller named, `expired` the caller's deadline, `trouble` why an arriving body is
    no order. With `dry` the step is made and forgotten.
    """

    command: Command
    identity: Identity | None = None
    id: str = ""
    named: str = ""
    expired: Callable[[], bool] = never
    trouble: Unreadable | None = None
    once: Once | None = None
    dry: bool = False


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
    ) -> None:
        """`in_force()` gives what orders are checked with now; `announced()` is called when events were written."""
        self._database = database
        self._in_force = in_force
        self._worker = worker
        self._clock = clock
        self._announced = announced
        self._waiting: deque[_Job] = deque()
        self._some = asyncio.Event()
        self._in_flight: set[tuple[str, str]] = set()

    async def carry_out(self, asked: Asked) -> Step:
        """The step that a command makes, once it is written durably.

        Raises Refused, InFlight, OtherBody, Overloaded, Unavailable (nothing was written, or nobody can say whether
        it was: asking again is safe).
        """
        if len(self._waiting) >= WAITING:
            raise Overloaded
        key = asked.once and (asked.once.scope, asked.once.key)
        if key in self._in_flight:
            raise InFlight
        if key:
            self._in_flight.add(key)
        try:
            job = _Job(asked, asyncio.get_running_loop().create_future())
            self._waiting.append(job)
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
                    if not self._waiting:
                        self._some.clear()
                        await self._some.wait()
                    group = asyncio.ensure_future(self._next(thread))
                    await asyncio.shield(group)
            finally:
                if group is not None:
                    await group
                while self._waiting:
                    await self._next(thread)

    async def _next(self, thread: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        jobs = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        await loop.run_in_executor(thread, self._settle, jobs)
        for job in jobs:
            if job.answer.cancelled():
                continue
            if isinstance(job.came, Step):
                job.answer.set_result(job.came)
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
        except Unavailable as trouble:
            log.error("the database's log cannot be brought into its file: %s", trouble)

    def _written(self, jobs: Sequence[_Job]) -> None:
        """Carries out a group: whole, or not at all. Raises Unavailable."""
        for _ in range(TRIES):
            try:
                with self._database.writing() as connection:
                    group = _Group(connection, jobs, self._in_force(), self._clock())
                    for job in jobs:
                        job.came = group.came_to(job.asked)
                    group.write(self._worker)
                return
            except Conflict:  # another worker has taken one of these identities or keys meanwhile: now it is there
                continue
        raise Unavailable("busy", 1)


class _Group:
    """Commands that are carried out in one transaction, and the orders as they stand meanwhile."""

    def __init__(self, connection: Connection, jobs: Sequence[_Job], in_force: InForce, now: datetime) -> None:
        self._connection = connection
        self._in_force = in_force
        self._now = now
        self._steps: list[Step] = []
        self._once: list[stored.Remembered] = []
        asked = [job.asked for job in jobs]
        arriving = [(one.identity, one.command.digest) for one in asked if isinstance(one.command, Arrive)]
        self._loaded = stored.load(
            connection,
            stored.Wanted(
                identities={one.identity for one in asked if one.identity is not None},
                ids={one.id for one in asked if one.id},
                digests={(identity, digest) for identity, digest in arriving if identity is not None},
                idempotency={(one.once.scope, one.once.key) for one in asked if one.once is not None},
            ),
            read=read,
        )
        self._keys = {id(one): self._keys_of(one) for one in asked}
        self._found = Found(history.earlier(connection, {key for keys in self._keys.values() for key in keys}))

    def came_to(self, asked: Asked) -> Step | Exception:
        """What a command comes to; an exception is that command's alone."""
        try:
            if asked.once is not None:
                self._check_once(asked.once)
            return self._step(asked)
        except (Refused, OtherBody) as refused:
            return refused
        except Unavailable:
            raise
        except Exception as broke:
            log.error("a command broke: %s", told(broke))
            return broke

    def write(self, worker: str) -> None:
        """Writes what the commands came to."""
        if self._steps or self._once:
            stored.write(self._connection, self._steps, self._once, worker)

    def _step(self, asked: Asked) -> Step:
        kept, command = self._kept(asked), asked.command
        if isinstance(command, Arrive) and kept is not None:
            command = replace(command, seen=(kept.id, command.digest) in self._loaded.seen)
        name = asked.named or (kept.identity.partner if kept else "")
        json = command.order if isinstance(command, Arrive) else kept.sent if kept else None
        partner = self._in_force.partner_of(json, name)
        keys = self._keys[id(asked)]

        def check(order: JSON | None, pinned: frozenset[str], noted: tuple[Finding, ...]) -> Result:
            engine = self._in_force.engine
            if order is None:
                context = Context(self._now, engine.reference, partner)
                unread = asked.trouble or Unreadable(NO_ORDER)
                return engine.rejected(str(unread), context, field=unread.path)
            return engine.check(
                order,
                as_of=self._now,
                partner=partner,
                recent=self._found.past(keys, kept),
                expired=asked.expired,
                named=name,
                pinned=pinned,
                noted=noted,
            )

        moment = Moment(self._now, check, new_id, self._in_force.published, partner.policy.hold_max)
        step = decide(kept, command, moment)
        if not asked.dry:
            self._take(asked, step, keys)
        return step

    def _take(self, asked: Asked, step: Step, keys: Sequence[int]) -> None:
        """Makes a step the state that the commands after it find."""
        after = step.after
        if step.after is not step.before or step.body is not None:
            known = isinstance(asked.command, Arrive) and after.sent is asked.command.order
            self._steps.append(replace(step, keys=keys) if known else step)
            self._loaded.by_identity[after.identity.key] = self._loaded.by_id[after.id] = after
        if step.body is not None:
            self._loaded.seen.add((after.id, step.body.digest))
        if step.told is not None and after.sent is not None:
            self._found.add(keys, after.sent)
        once = asked.once
        if once is not None and (once.scope, once.key) not in self._loaded.remembered:
            kept = stored.Remembered(once.scope, once.key, once.digest, after.id, after.revision, self._now)
            self._loaded.remembered[once.scope, once.key] = kept
            self._once.append(kept)

    def _kept(self, asked: Asked) -> Kept | None:
        if asked.identity is not None:
            return self._loaded.by_identity.get(asked.identity.key)
        return self._loaded.by_id.get(asked.id)

    def _keys_of(self, asked: Asked) -> Sequence[int]:
        """The keys under which this command's check may look for earlier orders."""
        kept = self._kept(asked)
        sent = asked.command.order if isinstance(asked.command, Arrive) else kept.sent if kept is not None else None
        if sent is None:
            return ()
        identity = asked.identity or (kept and kept.identity)
        return history.keys_of(identity.partner if identity else "", Order(sent))

    def _check_once(self, once: Once) -> None:
        known = self._loaded.remembered.get((once.scope, once.key))
        if known is not None and known.digest != once.digest:
            raise OtherBody
