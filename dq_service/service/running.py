"""The service on one database: what it does by itself, from its start to its end."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

from dq_service.faults import told
from dq_service.meters import Meters
from dq_service.service.cursors import Cursors
from dq_service.service.due import Due
from dq_service.service.feeds import Bell, Listening
from dq_service.service.forgetting import Forgetting
from dq_service.service.group import InForce
from dq_service.service.keys import KeyRing
from dq_service.service.ledger import Ledger
from dq_service.service.outgoing import Outgoing
from dq_service.service.probe import Probe
from dq_service.service.retention import EVENTS_KEPT, Retention
from dq_service.service.reviews.decisions import DELAY
from dq_service.service.reviews.desk import Desk
from dq_service.service.secret import Secret
from dq_service.service.webhooks import Dispatcher
from dq_service.store.database import Database

log = logging.getLogger(__name__)

SILENT: Final = 120.0  # seconds without a sign of the webhooks' dispatcher, after which it hangs
STOP: Final = 8.0  # seconds that what was taken up has to be written when the service stops


class Service:
    """One worker's share of the service: its ledger, the feed's bell, and the tasks that go on beside requests."""

    def __init__(
        self,
        database: Database,
        in_force: Callable[[], InForce],
        outgoing: Outgoing,
        *,
        place: int = 0,
        url: str = "",
        meters: Meters | None = None,
        secret: Secret | None = None,
        events_kept: timedelta = EVENTS_KEPT,
        decision_delay: timedelta = DELAY,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`in_force()` gives what orders are checked with at that moment.

        `place` is this worker's among those of its server: it outlives its process. `url` is the database's, to listen
        there for what other workers write. `secret` is the installation's; without one, of this process alone.
        """
        self.database: Final = database
        self.outgoing: Final = outgoing
        self.clock: Final = clock
        self.secret: Final = secret or Secret.new()
        self.keys: Final = KeyRing(database, self.secret, clock=clock)
        self.cursors: Final = Cursors(self.secret)
        self.bell: Final = Bell()
        host = socket.gethostname()[:40]
        worker, counting = f"{host}:{place}", meters or Meters()
        self.ledger: Final = Ledger(
            database, in_force, worker=worker, clock=clock, announced=self.bell.ring, meters=counting
        )
        self.desk: Final = Desk(database, self.ledger, in_force, clock, delay=decision_delay)
        self.probe: Final = Probe(database, worker=worker, clock=clock)
        self._due = Due(database, self.ledger, clock)
        holder = f"{host}:{os.getpid()}"
        self._dispatcher = Dispatcher(database, outgoing, self.bell, holder=holder, clock=clock, meters=counting)
        self._forgetting = Forgetting(database, holder=holder, clock=clock)
        self._retention = Retention(database, in_force, holder=holder, clock=clock, events_kept=events_kept)
        self._listening = Listening(url, self.bell) if database.dialect == "postgresql" else None
        self._tasks: list[asyncio.Task[None]] = []
        self._broken = False  # a part of it has ended unasked

    async def start(self) -> None:
        """Begins; on the event loop that requests are answered on."""
        if self._listening is not None:
            self._listening.start()
        await self.probe.look()
        await asyncio.to_thread(self.keys.look)
        beside = (self._due, self._dispatcher, self._forgetting, self._retention, self.desk)
        parts = (self.ledger, self.keys, self.probe, *beside)
        self._tasks = [asyncio.create_task(one.run()) for one in parts]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    @property
    def broken(self) -> bool:
        """Whether a part of it has ended unasked, or the webhooks are not looked at any more: it must be restarted."""
        return self._broken or (bool(self._tasks) and monotonic() - self._dispatcher.looked_at > SILENT)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """A task that ends unasked: orders must not be taken in and never answered, so the service says so."""
        if not task.cancelled() and (broke := task.exception()) is not None:
            log.critical("a part of the service has ended: %s", told(broke))
            self._broken = True

    async def stop(self) -> None:
        """Ends: nothing new falls due, what was taken up is still written."""
        self.bell.close()
        for task in reversed(self._tasks):  # the ledger last: the others ask it
            task.cancel()
            with suppress(asyncio.CancelledError, TimeoutError, Exception):
                await asyncio.wait_for(asyncio.shield(task), STOP)
        if self._listening is not None:
            await asyncio.to_thread(self._listening.stop)
