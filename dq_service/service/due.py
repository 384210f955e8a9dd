"""What falls due by itself: holds that end, people's decisions that take effect, orders that are looked at again."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from dq_service.faults import told
from dq_service.service.commands import Command, Decide, EndHold, Look
from dq_service.service.group import Asked
from dq_service.service.ledger import Ledger, Overloaded
from dq_service.store import orders as stored
from dq_service.store import reviews
from dq_service.store.database import Database, Unavailable

log = logging.getLogger(__name__)

AT_ONCE: Final = 256  # orders that are asked for at a time
PAUSE: Final = 0.5  # seconds between two looks where nothing is due
TROUBLED: Final = 2.0  # seconds to wait when the database cannot be asked

Query = Callable[[Connection, datetime, int], Sequence[str]]


class Due:
    """Carries out what is due, as commands like any other: nothing is lost by a stop, nothing is done twice.

    Several workers may do so at once: the ledger ends a hold that another has ended as no change.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        await asyncio.gather(
            self._repeated(stored.due_holds, EndHold()),
            self._repeated(reviews.due_decisions, Decide()),
            self._repeated(stored.due, Look()),
        )

    async def _repeated(self, query: Query, command: Command) -> None:
        while True:
            try:
                found = await asyncio.to_thread(self._ids, query)
                moved = await asyncio.gather(*(self._carried_out(one, command) for one in found))
            except (Unavailable, Overloaded):
                await asyncio.sleep(TROUBLED)
            except Exception as broke:
                log.error("what is due cannot be carried out: %s", told(broke))
                await asyncio.sleep(TROUBLED)
            else:
                if len(found) < AT_ONCE or not any(moved):
                    await asyncio.sleep(PAUSE)

    async def _carried_out(self, one: str, command: Command) -> bool:
        """Whether anything came of it."""
        try:
            step = await self._ledger.carry_out(Asked(command, id=one))
        except (Unavailable, Overloaded):
            raise
        except Exception as broke:  # that order alone: the others' holds must end
            log.error("what is due of %s cannot be carried out: %s", one, told(broke))
            return False
        return step.after is not step.before

    def _ids(self, query: Query) -> Sequence[str]:
        with self._database.reading() as connection:
            return query(connection, self._clock(), AT_ONCE)
