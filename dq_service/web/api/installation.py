"""What the API asks of the installation that it serves: the app in force, and what keeps a newer one out."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from dq_service.engine.engine import Engine
from dq_service.faults import told
from dq_service.intake.record import Record
from dq_service.parsing.yaml import DocumentError
from dq_service.partner import Partner
from dq_service.result import Result
from dq_service.service.running import Service
from dq_service.store.trouble import Unavailable
from dq_service.web.api.problem import Refusal, log


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

    def __init__(self, opening: Callable[[], Opening]) -> None:
        self._opening = opening
        self._opened: Opening | None = None
        self._reasons: tuple[str, ...] = ("the rulebook and the reference data are not loaded yet",)

    async def renew(self) -> None:
        """Opens and starts it, or once it is open has it looked at. Called once a second; opens in a thread."""
        if self._opened is not None:
            self._opened.watched.current()
            return
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
        else:
            self._reasons = ()
            if self._opened.service is not None:
                await self._opened.service.start()

    def leave(self) -> None:
        """The server is about to stop: whoever follows the feed is let go."""
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

    def working(self) -> Opened:
        """The app in force, where all parts of the service are at work, too. Raises Refusal 503."""
        app = self.current()
        if self._opened is not None and self._opened.service is not None:
            self.service()
        return app

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
        """Why the newest state is not in force; empty when it is."""
        return tuple(map(str, self._opened.watched.trouble)) if self._opened else self._reasons
