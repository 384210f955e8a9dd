"""The client of an installation in this process: the same `check`, without a service and without HTTP."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Protocol

import orjson

from dq_service.client.answer import Answer, answer_of
from dq_service.order import JSON
from dq_service.result import Result


class Checks(Protocol):
    """What can check an order: an `App` (dq_service.app), or an `Engine`, which has no partners' files."""

    @property
    def check(self) -> Callable[..., Result]:
        """`check(order, as_of=…, expired=…)`, with `partner=` where one is named."""


class LocalClient:
    """Checks orders in this process; `partner` says who sends them, and wins over their own `partner`.

    `timeout` is in seconds: rules that are not reached by then are `not_evaluated`. Safe to share between threads.
    """

    def __init__(
        self,
        checks: Checks,
        partner: Any = "",
        *,
        timeout: float | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`partner` is a name for an `App`, a `Partner` for an `Engine`."""
        self._checks = checks
        self._options = {"partner": partner} if partner else {}
        self._timeout = timeout
        self._now = now

    def check(self, order: JSON) -> Answer:
        """The answer for an order, given as parsed JSON; nothing is kept."""
        options = dict(self._options)
        if self._timeout is not None:
            ends = monotonic() + self._timeout
            options["expired"] = lambda: monotonic() >= ends
        result = self._checks.check(order, as_of=self._now(), **options)
        return answer_of(json.loads(_written(result)))


def _written(result: Result) -> bytes | str:
    """A result as the service would send it."""
    try:
        return orjson.dumps(result.to_json())
    except TypeError:  # half a character, a number of more than 64 bits
        return json.dumps(result.to_json(), default=asdict)
