"""The outermost layer: each request counted, timed, and told to the log by fields that are ours.

What a sender chooses (a path, a query, an id) stands nowhere: the route's template does, a partner whose file we
have, an id that has the form of ours, a request's id that is a random number in hexadecimal digits.
"""

import re
from collections.abc import Collection
from random import getrandbits
from time import perf_counter
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dq_service.logs import Requests
from dq_service.meters import Meters

OTHER: Final = "(none)"  # the route of what no route answers
METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
ABANDONED: Final = 499  # the status of a request whose sender left before its answer

_OUR_ID: Final = re.compile(r"[a-z]{3}_[0-9a-f]{32}")
# With a letter in it, so that it is nobody's phone or card.
_RANDOM: Final = re.compile(rb"(?=[0-9-]*[a-fA-F])[0-9a-fA-F-]{16,64}")
_TRACE: Final = re.compile(rb"[0-9a-f]{2}-((?=[0-9]*[a-f])[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C, section 3.2


class Observed:
    """The layer. `hot` are the paths that are answered before the framework would name their route.

    A call may say in `scope["state"]` what the log is to name: `partner` (of a file that we have), `order` (our id),
    and whoever checks who calls, the `caller`.
    """

    def __init__(self, app: ASGIApp, meters: Meters, log: Requests | None, hot: Collection[str]) -> None:
        self._app = app
        self._meters = meters
        self._log = log
        self._hot = frozenset(hot)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = perf_counter(), ABANDONED
        state: dict[str, Any] = scope.setdefault("state", {})
        number = request_id(scope)

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", number)]}
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            seconds = perf_counter() - begun
            route, method = self._route(scope), scope["method"] if scope["method"] in METHODS else OTHER
            self._meters.requests.add((route, method, str(status)))
            self._meters.request_seconds.add(seconds, (route, method))
            if self._log is not None:
                fields = {
                    "method": method,
                    "route": route,
                    "status": status,
                    "ms": round(seconds * 1000, 2),
                    "caller": getattr(state.get("caller"), "name", ""),
                    "partner": state.get("partner", ""),
                    "order": state.get("order") or _order_in(scope),
                    "request": number.decode(),
                }
                self._log.write(status, fields)

    def _route(self, scope: Scope) -> str:
        route = scope.get("route")
        if route is not None:
            return str(route.path)
        return scope["path"] if scope["path"] in self._hot else OTHER


def request_id(scope: Scope) -> bytes:
    """What this request is called in the log and in its answer: X-Request-Id, else the trace of traceparent, else new.

    Only random hexadecimal digits are taken over.
    """
    trace = None
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            if _RANDOM.fullmatch(value):
                return bytes(value)
        elif name == b"traceparent" and (found := _TRACE.fullmatch(value)):
            trace = found[1]
    return trace or b"%032x" % getrandbits(128)


def _order_in(scope: Scope) -> str:
    named = scope.get("path_params", {}).get("id", "")
    return named if _OUR_ID.fullmatch(named) and named.startswith("ord_") else ""
