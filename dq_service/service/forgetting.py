"""What is kept for a time only, forgotten piece by piece beside the work: callers' Idempotency-Keys."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from dq_service.faults import told
from dq_service.store import idempotency, leases
from dq_service.store.database import Database
from dq_service.store.trouble import Conflict, Unavailable

log = logging.getLogger(__name__)

EVERY: Final = 60.0  # seconds between two looks where nothing is left to forget
PIECE: Final = 500  # keys in one transaction: short, since on SQLite orders wait for it
BETWEEN: Final = 0.1  # seconds between two pieces
LEASE: Final = "forgetting"
LEASED: Final = 3 * EVERY


class Forgetting:
    """Forgets what is old. Of several workers on one database only the one that holds the lease does."""

    def __init__(self, database: Database, *, holder: str, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._holder = holder
        self._clock = clock

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        while True:
            try:
                count = await asyncio.to_thread(self._forget)
            except (Unavailable, Conflict):
                count = 0
            except Exception as broke:
                log.error("what is old cannot be forgotten: %s", told(broke))
                count = 0
            await asyncio.sleep(BETWEEN if count == PIECE else EVERY)

    def _forget(self) -> int:
        """One piece; how many keys were in it."""
        with self._database.writing() as connection:
            if not leases.take(connection, LEASE, self._holder, self._clock(), LEASED):
                return 0
            return idempotency.forget(connection, self._clock(), PIECE)
