"""Orders whose time is over, deleted with all that hangs on them, and events that are old: piece by piece, beside load.

How long says the partner's file, for each channel, from when an order was over. Counts stay.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from dq_service.faults import told
from dq_service.intake.json_text import read
from dq_service.partner import Retention as Kept
from dq_service.service.group import InForce
from dq_service.store import audit, leases, removal
from dq_service.store.database import Database
from dq_service.store.kept import Note
from dq_service.store.removal import Overdue
from dq_service.store.trouble import Conflict, Unavailable

log = logging.getLogger(__name__)

EVENTS_KEPT: Final = timedelta(days=30)
EVERY: Final = 900.0  # seconds between two passes
PIECE: Final = 50  # orders in one transaction: on SQLite others wait for it, a few milliseconds
STRETCH: Final = 1000  # events that are looked at together
BETWEEN: Final = 0.1  # seconds between two pieces
LEASE: Final = "retention"
LEASED: Final = 120.0  # seconds; each piece takes it anew
ACTOR: Final = "service"


class Retention:
    """Deletes what is not to be kept any longer. Of several workers on one database only one does."""

    def __init__(
        self,
        database: Database,
        in_force: Callable[[], InForce],
        *,
        holder: str,
        clock: Callable[[], datetime],
        events_kept: timedelta = EVENTS_KEPT,
    ) -> None:
        self._database = database
        self._in_force = in_force
        self._holder = holder
        self._clock = clock
        self._events_kept = events_kept
        self._behind = True  # events of deleted orders may be left, by a stop or by another worker

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        while True:
            try:
                await self._pass()
            except (Unavailable, Conflict):
                pass
            except Exception as broke:
                log.error("what is not to be kept cannot be deleted: %s", told(broke))
            await asyncio.sleep(EVERY)

    async def _pass(self) -> None:
        """All orders that are due, and then the events: those of the orders that went, and those that are old."""
        if not await asyncio.to_thread(self._leads):
            self._behind = True
            return
        for one in self._due():
            while (went := await asyncio.to_thread(self._orders, one)) is not None:
                self._behind = self._behind or went
                await asyncio.sleep(BETWEEN)
        after: int | None = 0
        while after is not None:
            after = await asyncio.to_thread(self._events, after, self._behind)
            await asyncio.sleep(BETWEEN)
        self._behind = False

    def _due(self) -> list[Overdue]:
        now, partners = self._clock(), self._in_force().partners
        return [one for name, partner in partners.items() for one in terms(name, partner.retention, now)]

    # --- in a thread ---

    def _leads(self) -> bool:
        with self._database.writing() as connection:
            return leases.take(connection, LEASE, self._holder, self._clock(), LEASED)

    def _orders(self, due: Overdue) -> bool | None:
        """One piece of a partner's orders: whether any went; None where none is left."""
        with self._database.reading() as connection:
            found = removal.overdue(connection, due, PIECE)
        if not found:
            return None
        now = self._clock()
        with self._database.writing() as connection:
            if not leases.take(connection, LEASE, self._holder, now, LEASED):
                return None
            went = removal.remove(connection, found, read=read)
            if went.ids:
                detail = {"orders": len(went.ids), "channel": due.channel, audit.ERASED: list(went.lines)}
                audit.append(connection, [Note(now, ACTOR, "orders.expire", "", due.partner, detail)])
        return bool(went.ids)

    def _events(self, after: int, gone: bool) -> int | None:
        """One stretch of the outbox; where the next begins, None at the end."""
        with self._database.reading() as connection:
            until = self._clock() - self._events_kept
            places, end = removal.sweep(connection, after, until, STRETCH, gone=gone)
        if places:
            with self._database.writing() as connection:
                if not leases.take(connection, LEASE, self._holder, self._clock(), LEASED):
                    return None
                removal.remove_swept(connection, places)
        return end


def terms(partner: str, kept: Kept, now: datetime) -> Iterator[Overdue]:
    """Whose orders may go now: of each channel with a term of its own, and of all the others."""
    for channel, span in kept.channels.items():
        yield Overdue(partner, channel, (), now - span)
    if kept.default is not None:
        yield Overdue(partner, None, tuple(kept.channels), now - kept.default)
