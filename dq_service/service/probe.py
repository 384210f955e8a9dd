"""Whether the service can do its work: a small write and some questions to the database, every few seconds.

Whoever asks for readiness or figures gets what was seen last: a request never writes.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final

from dq_service.faults import told
from dq_service.store import leases
from dq_service.store.database import Database
from dq_service.store.standing import Standing, standing
from dq_service.store.trouble import Conflict, Unavailable

log = logging.getLogger(__name__)

EVERY: Final = 5.0  # seconds between two writes
LOOKS: Final = 3  # every so many writes it is asked how things stand
LATE: Final = 30.0  # seconds without an answer of the database after which it counts as gone


@dataclass(frozen=True, slots=True)
class Seen:
    """What the last look came to: `at` on the monotonic clock, `trouble` why nothing can be written ("" where it can).

    `standing` is the last that there was.
    """

    at: float
    trouble: str
    standing: Standing | None


class Probe:
    """Looks at one database for one worker."""

    def __init__(self, database: Database, *, worker: str, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._worker = worker
        self._clock = clock
        self._looks = 0
        self._seen = Seen(monotonic(), "nothing was written yet", None)

    @property
    def seen(self) -> Seen:
        """What was seen last; trouble where that is long ago."""
        seen = self._seen
        if not seen.trouble and monotonic() - seen.at > LATE:
            return Seen(seen.at, f"the database has not answered for {monotonic() - seen.at:.0f} seconds", None)
        return seen

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """One look, in a thread."""
        before, trouble, found = self._seen, "", None
        try:
            found = await asyncio.to_thread(self._look, self._looks % LOOKS == 0 or before.standing is None)
        except Unavailable as error:
            trouble = str(error)
        except Conflict:
            pass  # somebody else writes: so it can be written
        except Exception as broke:
            log.error("the database cannot be looked at: %s", told(broke))
            trouble = f"it cannot be looked at ({type(broke).__name__}); the log says more"
        self._looks += 1
        if trouble and trouble != before.trouble:
            log.error("the database takes no writes: %s", trouble)
        elif before.trouble and before.standing is not None and not trouble:
            log.warning("the database takes writes again")
        self._seen = Seen(monotonic(), trouble, found or before.standing)

    def _look(self, whole: bool) -> Standing | None:
        """Writes, and where `whole` asks how things stand. Raises Unavailable, Conflict."""
        now = self._clock()
        with self._database.writing() as connection:
            leases.take(connection, f"probe:{self._worker}", self._worker, now, EVERY)
        if not whole:
            return None
        with self._database.reading() as connection:
            return standing(connection, now)
