"""What the API asks of the installation that it serves: the app in force, and what keeps a newer one out."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from dq_service.engine.engine import Engine
from dq_service.parsing.yaml import DocumentError
from dq_service.partner import Partner
from dq_service.result import Result
from dq_service.web.api.problem import Refusal, log, told


class Opened(Protocol):
    """One state of an installation, whole and unchanging: rulebook, reference data, partners."""

    @property
    def engine(self) -> Engine:
        """What checks orders."""

    def partner_of(self, order: Any, named: str = "") -> Partner:
        """The partner named, else the order's own; the built-in policy where there is none."""

    def check(self, order: Any, *, as_of: datetime, partner: str = "", expired: Callable[[], bool] = ...) -> Result:
        """The result for one order, given as parsed JSON."""


class Watched(Protocol):
    """An installation that renews itself while its files change."""

    @property
    def trouble(self) -> Sequence[object]:
        """Why the newest state of the files is not in force; empty when it is."""

    def current(self) -> Opened:
        """The app in force; at once, and at most once a second it has the files looked at."""


class Installation:
    """The installation served, opened when the server starts; while it cannot be opened, why."""

    def __init__(self, opening: Callable[[], Watched]) -> None:
        self._opening = opening
        self._watched: Watched | None = None
        self._reasons: tuple[str, ...] = ("the rulebook and the reference data are not loaded yet",)

    def renew(self) -> None:
        """Opens it, or once it is open has its files looked at. Called once a second, outside the event loop."""
        if self._watched is not None:
            self._watched.current()
            return
        try:
            self._watched = self._opening()
        except DocumentError as error:
            self._reasons = tuple(map(str, error.problems))
        except OSError as error:
            self._reasons = (f"{error.filename or 'a file'}: {error.strerror}",)
        except Exception as broke:
            log.error("the installation cannot be opened: %s", told(broke))
            self._reasons = (f"it cannot be opened ({type(broke).__name__}); the log says more",)
        else:
            self._reasons = ()

    def current(self) -> Opened:
        """The app in force. Raises Refusal 503 while there is none."""
        if self._watched is None:
            raise Refusal(503, "Nothing is loaded to check orders with.", {"Retry-After": "1"}, reasons=self._reasons)
        return self._watched.current()

    @property
    def trouble(self) -> tuple[str, ...]:
        """Why the newest state of the files is not in force; empty when it is."""
        return tuple(map(str, self._watched.trouble)) if self._watched else self._reasons
