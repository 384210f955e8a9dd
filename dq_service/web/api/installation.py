"""What the API asks of the installation that it serves: the app in force, and what keeps a newer one out."""

import asyncio
import gc
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Protocol

from dq_service.engine.engine import Engine
from dq_service.faults import told
from dq_service.intake.record import Record
from dq_service.parsing.yaml import DocumentError
from dq_service.partner import Partner
from dq_service.result import Result
from dq_service.service.running import Service
from dq_service.store.trouble import Unavailable
from dq_service.web.api.problem import Refusal, log

OUTBOX_AGE: Final = 300.0


class Opened(Protocol):
    """One state of an installation, whole and unchanging: rulebook, reference data, partners."""

    @property
    def engine(self) -> Engine:
        """What checks orders."""

    def partner_of(self, order: Any, named: str = "") -> Partner:
        """The partner named, else the order's own; the built-in policy where there is none."""

    @property
    def published(self) -> Mapping[str, int]:
        """The versions in force by kind; empty where nothing is published."""

    def check(
        self,
        order: Any,
        *,
        as_of: datetime,
        partner: str = "",
        expired: Callable[[], bool] = ...,
        line: int | None = None,
    ) -> Result:
        """The result for one order, given as parsed JSON."""

    def check_record(self, record: Record, *, as_of: datetime, partner: str = "") -> Result:
        """The result for one record of a file: `rejected` where no order could be read."""

    def mapped(self, partner: str, raw: bytes, most: int | None = None) -> Sequence[Record]:
        """The orders of a payload in a partner's own format; of what cannot be mapped, a record that says why.

        Raises TooMany where there are more than `most`.
        """


class Watched(Protocol):
    """An installation that renews itself while what it is made of changes."""

    @property
    def trouble(self) -> Sequence[object]:
        """Why the newest state is not in force; empty when it is."""

    def current(self) -> Opened:
        """The app in force; at once, and at most once a second it has a look taken at what it is made of."""

    def close(self) -> None:
        """Lets go of what it holds."""


class Opening(NamedTuple):
    """An installation that was opened, and the service on its database, not started; None: nothing is kept there."""

    watched: Watched
    service: Service | None = None


class Installation:
    """The installation served, opened when the server starts; while it cannot be opened, why."""

    def __init__(self, opening: Callable[[], Opening], *, outbox_age: float = OUTBOX_AGE) -> None:
        """`outbox_age`: seconds that an event may wait for its webhook before that is trouble."""
        self._opening = opening
        self._opened: Opening | None = None
        self._reasons: tuple[str, ...] = ("the rulebook and the reference data are not loaded yet",)
        self._leaving = False
        self._outbox_age = outbox_age

    async def renew(self) -> None:
        """Opens and starts it, or once it is open has it looked at. Called once a second; opens in a thread."""
        if self._opened is not None:
            self._opened.watched.current()
            return
        before = self._reasons
        try:
            self._opened = await asyncio.to_thread(self._opening)
        except DocumentError as error:
            self._reasons = tuple(map(str, error.problems))
        except OSError as error:
            self._reasons = (f"{error.filename or 'a file'}: {error.strerror}",)
        except Unavailable as trouble:
            self._reasons = (f"the database: {trouble}",)
        except Exception as broke:
            log.error("the installation cannot be opened: %s", told(broke))
            self._reasons = (f"it cannot be opened ({type(broke).__name__}); the log says more",)
        if self._opened is None:
            if self._reasons != before:
                log.error("no orders can be checked or kept yet: %s", "\n".join(self._reasons))
            # Each try leaves tables behind that refer to themselves, and collections of all come rarely here.
            await asyncio.to_thread(gc.collect)
        else:
            self._reasons = ()
            if self._opened.service is not None:
                await self._opened.service.start()

    def leave(self) -> None:
        """The server is about to stop: it is not ready any more, and whoever follows the feed is let go."""
        self._leaving = True
        if self._opened is not None and self._opened.service is not None:
            self._opened.service.bell.close()

    async def close(self) -> None:
        """Stops the service, and lets go of all."""
        if self._opened is not None:
            if self._opened.service is not None:
                await self._opened.service.stop()
            await asyncio.to_thread(self._opened.watched.close)

    def current(self) -> Opened:
        """The app in force. Raises Refusal 503 while there is none."""
        if self._opened is None:
            raise Refusal(503, "Nothing is loaded to check orders with.", {"Retry-After": "1"}, reasons=self._reasons)
        return self._opened.watched.current()

    @property
    def kept(self) -> Service | None:
        """The service that keeps orders, in whatever state; None while there is none."""
        return self._opened.service if self._opened is not None else None

    @property
    def published(self) -> Mapping[str, int]:
        """The versions in force by kind."""
        return self._opened.watched.current().published if self._opened is not None else {}

    def known_partner(self, name: str) -> str:
        """A partner's name where we have its file; `""` for whatever else a sender may write there."""
        return self.current().partner_of(None, name).name

    @property
    def unready(self) -> tuple[str, ...]:
        """Why no orders should be sent here now; empty where they may be.

        What another server on the same database would suffer from as well, and what holds up no order (a receiver of
        webhooks that is down), is no reason but `trouble`.
        """
        if self._leaving:
            return ("the server is stopping",)
        if self._opened is None:
            return self._reasons
        service = self._opened.service
        if service is None:
            return ()
        seen = service.probe.seen
        reasons = [f"the database takes no writes: {seen.trouble}"] if seen.trouble else []
        if seen.standing is not None and not seen.standing.at_head:
            reasons.append(f"the tables are those of another version ({seen.standing.migration}): see dq doctor")
        if service.broken:
            reasons.append("a part of the service has ended; the log says why, and it must be started again")
        return tuple(reasons)

    @property
    def outbox_age(self) -> float | None:
        """Seconds that the oldest event has waited for its webhook; 0 where none waits, None where nobody knows."""
        standing = self.kept.probe.seen.standing if self.kept is not None else None
        if standing is None:
            return None
        return max(0.0, (datetime.now(UTC) - standing.oldest).total_seconds()) if standing.oldest else 0.0

    def service(self) -> Service:
        """The service that keeps orders. Raises Refusal 503 while there is none."""
        self.current()
        if self._opened is None or self._opened.service is None:
            raise Refusal(503, "This server keeps no orders; it has no database.")
        if self._opened.service.broken:
            raise Refusal(503, "A part of the service has ended; the log says why, and it must be started again.")
        return self._opened.service

    @property
    def trouble(self) -> tuple[str, ...]:
        """Why the newest state is not in force, and what else wants mending though orders can be sent here."""
        if self._opened is None:
            return self._reasons
        found = list(map(str, self._opened.watched.trouble))
        if (age := self.outbox_age) is not None and age > self._outbox_age:
            found.append(f"an event has waited for its webhook for {age:.0f} seconds")
        return tuple(found)
