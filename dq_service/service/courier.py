"""Brings events to one webhook: in order within an order, beside each other over orders, again where it failed.

A receiver that fails several times in a row counts as down: then one delivery at a time is tried, ever more seldom,
and new events stay in the outbox. So an outage costs the receiver and us next to nothing, and uses up the patience
of next to no delivery; and when the receiver is back, everything goes out at once.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from sqlalchemy import Connection

from dq_service.faults import told
from dq_service.intake.json_text import write
from dq_service.meters import Meters
from dq_service.service.feeds import CLOUD_EVENT, Bell, cloud_event
from dq_service.service.outgoing import Line, Outgoing, Sent, signed
from dq_service.service.retries import WIDTH, Health, wait_after
from dq_service.store import outbox, webhooks
from dq_service.store.database import Database
from dq_service.store.trouble import Conflict, Unavailable
from dq_service.store.webhooks import Attempted, Due, Webhook

log = logging.getLogger(__name__)

TAKEN: Final = 200  # events that are taken up from the outbox at once
LOOK: Final = 5.0  # seconds after which the database is looked at without being rung for
LINGER: Final = 0.01  # seconds
GONE: Final = 410


class Gone(Exception):
    """The webhook is not to be used any more: removed or disabled."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery that is due, as it is sent."""

    due: Due
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class View:
    """What the database says after a turn: what to send, and when something will be due (None: nobody knows)."""

    parcels: Sequence[Parcel] = ()
    next_at: datetime | None = None
    more: bool = False


class Courier:
    """Serves one webhook until it is cancelled, or the webhook is gone. `leads()` is asked before anything is sent.

    What it asks of the database it does in `threads`.
    """

    def __init__(
        self,
        webhook: Webhook,
        database: Database,
        outgoing: Outgoing,
        bell: Bell,
        *,
        clock: Callable[[], datetime],
        random: Random,
        leads: Callable[[], bool],
        threads: Executor,
        meters: Meters,
    ) -> None:
        self._meters = meters
        self._webhook = webhook
        self._database = database
        self._outgoing = outgoing
        self._bell = bell
        self._clock = clock
        self._random = random
        self._leads = leads
        self._threads = threads
        self._health = Health()
        self._sending: dict[asyncio.Task[Attempted], Due] = {}
        self._ended: list[Attempted] = []  # not written down yet
        self._cursor = webhook.cursor

    async def run(self) -> None:
        """Sends what is due, and goes on."""
        line = self._outgoing.line(self._webhook.url, connections=WIDTH)
        try:
            while True:
                await self._turn(line)
        except Gone:
            pass
        finally:
            await self._finish()
            await line.close()

    async def _turn(self, line: Line) -> None:
        self._collect()
        heard = self._bell.rung
        loop = asyncio.get_running_loop()
        busy = {due.entry.seq for due in self._sending.values()}
        free = self._health.free(loop.time(), len(busy)) if self._leads() else 0
        view = View()
        if free or self._ended:
            ended, now, back = tuple(self._ended), self._clock(), self._health.back
            view = await self._tried(lambda: self._step(ended, now, free, busy, back))
            del self._ended[: len(ended)]
            self._health.back = self._health.back and not back
            if any(one.status == GONE for one in ended):
                raise Gone
        for parcel in view.parcels:
            self._sending[asyncio.create_task(self._send(line, parcel))] = parcel.due
        await self._wait(heard, view, free - len(view.parcels))

    async def _wait(self, heard: int, view: View, free: int) -> None:
        """Until an attempt has ended; or, where one could begin, until something may be due."""
        patience, ring = LOOK, None
        quiet = self._health.quiet_until - asyncio.get_running_loop().time()
        if quiet > 0:
            patience = quiet
        elif free > 0:
            if view.more:
                return
            if view.next_at is not None:
                patience = min(patience, max((view.next_at - self._clock()).total_seconds(), 0.0))
            ring = asyncio.create_task(self._bell.after(heard))
        waiting = {*self._sending, *([ring] if ring else ())}
        if waiting:
            await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(patience)
        if ring:
            ring.cancel()
        if self._sending:  # what ends together is written down together
            await asyncio.wait(self._sending, timeout=LINGER)

    def _collect(self) -> None:
        for task in [task for task in self._sending if task.done()]:
            del self._sending[task]
            self._ended.append(task.result())

    async def _send(self, line: Line, parcel: Parcel) -> Attempted:
        event = parcel.due.entry.event
        seconds = int(self._clock().timestamp())
        headers = {"content-type": CLOUD_EVENT, **signed(self._webhook.secret, event.id, seconds, parcel.body)}
        try:
            sent = await line.post(parcel.body, headers)
        except Exception as broke:
            log.error("an attempt at a webhook broke: %s", told(broke))
            sent = Sent(None, "fault")
        now = asyncio.get_running_loop().time()
        if sent.accepted:
            self._health.accepted(now)
        else:
            self._health.failed(now, sent.retry_after, self._random)
        return self._attempted(parcel.due, sent)

    def _attempted(self, due: Due, sent: Sent) -> Attempted:
        now, attempts, event = self._clock(), due.attempts + 1, due.entry.event
        wait = None if sent.accepted or sent.status == GONE else wait_after(attempts, self._random)
        again = None if wait is None else now + timedelta(seconds=max(wait, sent.retry_after))
        state: webhooks.State = "delivered" if sent.accepted else "pending" if again else "dead"
        self._meters.deliveries.add((state,))
        return Attempted(due.entry.seq, event.order_id, state, attempts, again, sent.status, sent.error, now)

    async def _finish(self) -> None:
        """What is on its way has two seconds to arrive, and what has ended is written down."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=2)
            self._collect()
            for task in self._sending:
                task.cancel()
            await asyncio.gather(*self._sending, return_exceptions=True)
        if self._ended:
            step = partial(self._step, tuple(self._ended), self._clock(), 0, set(), False)
            with suppress(Unavailable, Conflict, Gone):  # else they will be sent once more
                await asyncio.get_running_loop().run_in_executor(self._threads, step)

    async def _tried(self, act: Callable[[], View]) -> View:
        """A turn with the database, again and again until it can be used."""
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._threads, act)
            except Unavailable as trouble:
                await asyncio.sleep(trouble.retry_after)
            except Conflict:
                pass

    # --- in a thread ---

    def _step(self, ended: Sequence[Attempted], now: datetime, free: int, busy: set[int], back: bool) -> View:
        """Writes down what ended, takes up what is new, and reads what is due. Raises Unavailable, Gone."""
        with self._database.reading() as connection:
            behind = outbox.latest(connection) > self._cursor
            if not (ended or back or behind):
                return self._due(connection, now, free, busy)
        with self._database.writing() as connection:
            cursor = webhooks.lock(connection, self._webhook.id)
            if cursor is None:
                raise Gone
            if ended:
                webhooks.settle(connection, self._webhook.id, ended)
                if any(one.status == GONE for one in ended):
                    webhooks.disable(connection, self._webhook.id, now, "the receiver answered 410 Gone")
            if back:
                webhooks.hasten(connection, self._webhook.id, now)
            view = self._due(connection, now, free, busy)
            taken = cursor
            if behind and len(view.parcels) < free:
                taken = webhooks.take_up(connection, self._webhook, cursor, now, TAKEN)
                view = self._due(connection, now, free, busy)
        more, self._cursor = taken > self._cursor, taken
        return View(view.parcels, view.next_at, more)

    def _due(self, connection: Connection, now: datetime, free: int, busy: set[int]) -> View:
        if not free:
            return View()
        found = webhooks.due(connection, self._webhook.id, now, free + len(busy))
        found = [due for due in found if due.entry.seq not in busy][:free]
        later = webhooks.next_at(connection, self._webhook.id, now) if len(found) < free else None
        return View([Parcel(due, self._body(connection, due.entry)) for due in found], later)

    def _body(self, connection: Connection, entry: outbox.Entry) -> bytes:
        revision = entry.event.data.get("revision")
        if "order" not in self._webhook.include or not isinstance(revision, int):
            return write(cloud_event(entry))
        return write(cloud_event(entry, outbox.order_of(connection, entry.event.order_id, revision)))
