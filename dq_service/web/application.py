"""The application that a server runs: the API on FastAPI, guarded, with the one hot call in front of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.routing import Route, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from dq_service import __version__
from dq_service.intake.json_text import read, write
from dq_service.logs import Requests
from dq_service.meters import Meters
from dq_service.order import JSON
from dq_service.web.access.door import Door, Entrance
from dq_service.web.access.needs import Known, Needs
from dq_service.web.access.oidc import Provider
from dq_service.web.api.batch import BATCH_PATH, Batch
from dq_service.web.api.check import CHECK_PATH, DEADLINE_MS, MAX_BODY, Check
from dq_service.web.api.described import EXAMPLE, calls
from dq_service.web.api.erasures import erasures
from dq_service.web.api.events import events
from dq_service.web.api.health import health
from dq_service.web.api.installation import OUTBOX_AGE, Installation, Opening
from dq_service.web.api.keep import KEEP_PATH, Keep
from dq_service.web.api.metrics import Board, metrics
from dq_service.web.api.orders import kept_orders
from dq_service.web.api.partner_orders import PARTNER_PATH, PartnerOrders
from dq_service.web.api.problem import Guard, on_http_exception, on_invalid_request
from dq_service.web.api.reviews import review_queue
from dq_service.web.api.schema import document
from dq_service.web.api.scorecards import scorecards
from dq_service.web.api.webhooks import webhooks
from dq_service.web.observed import Observed
from dq_service.web.pages import checking, scorecard
from dq_service.web.pages.checking import MAX_FILE, Checking
from dq_service.web.pages.desk import Desk
from dq_service.web.pages.failing import Failing
from dq_service.web.pages.login import SignIn, pages
from dq_service.web.pages.rooms import PREFIXES, rooms
from dq_service.web.pages.scorecard import scorecard_pages

RENEW_EVERY: Final = 1.0  # seconds

# FastAPI's own telemetry puts URL queries, bodies and exception texts, which quote orders, into spans and logs.
NO_TELEMETRY: Final = TelemetryConfig(
    tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False
)


@dataclass(frozen=True, slots=True)
class Telling:
    """What a worker tells of itself: its counts, the log of its requests (None: none), and the folder in which the
    workers of one server find each other's counts (None: there is one worker)."""

    meters: Meters = field(default_factory=Meters)
    requests: Requests | None = None
    folder: Path | None = None
    place: int = 0


def create_app(
    opening: Callable[[], Opening],
    *,
    deadline_ms: int = DEADLINE_MS,
    max_body: int = MAX_BODY,
    max_file: int = MAX_FILE,
    outbox_age: float = OUTBOX_AGE,
    telling: Telling | None = None,
    entrance: Entrance | None = None,
) -> ASGIApp:
    """The application of one process. `opening` opens the installation when the server starts.

    Should it raise, the server runs all the same, answers 503 with the reasons, and tries again every second.
    """
    telling = telling or Telling()
    entrance = entrance or Entrance()
    meters = telling.meters
    installation = Installation(opening, outbox_age=outbox_age)
    board = Board(meters, installation, place=telling.place, folder=telling.folder)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        await installation.renew()
        renewing = asyncio.create_task(_renew(installation, board))
        try:
            yield {"leaving": installation.leave, "meters": meters}  # for the server (web/server.py)
        finally:
            renewing.cancel()
            await installation.close()
            await asyncio.to_thread(board.lay)
            if telling.requests is not None:
                telling.requests.flush()

    api = FastAPI(
        title="dq-service",
        description="A linter and autofixer for delivery orders.",
        version=__version__,
        telemetry=NO_TELEMETRY,
        lifespan=lifespan,
        docs_url=None,  # the pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={HTTPException: on_http_exception, RequestValidationError: on_invalid_request},
    )
    hot: dict[str, ASGIApp] = {
        CHECK_PATH: Check(installation, meters, deadline_ms=deadline_ms, max_body=max_body),
        KEEP_PATH: Keep(
            lambda: installation.service().ledger,
            installation.known_partner,
            deadline_ms=deadline_ms,
            max_body=max_body,
        ),
        BATCH_PATH: Batch(installation, lambda: installation.service().ledger, max_body=max_body),
    }
    for path, call in hot.items():
        api.router.routes.append(Route(path, call, methods=["POST"]))
    partner_orders = PartnerOrders(installation, deadline_ms=deadline_ms, max_body=max_body)
    api.router.routes.append(Route(PARTNER_PATH, partner_orders, methods=["POST"]))
    service = installation.service

    def timezone_of(partner: str) -> str:
        return installation.current().partner_of(None, partner).timezone

    for router in (
        health(installation),
        metrics(board),
        kept_orders(service),
        events(service),
        webhooks(service),
        erasures(service),
        review_queue(service),
        scorecards(service, timezone_of),
    ):
        api.include_router(router)
    desk = Desk(installation.service, installation.current)
    files = Checking(installation.current, max_file)
    every = (pages(_sign_in(entrance, installation)), rooms(desk), scorecard_pages(desk, timezone_of), files.routes())
    for some in every:
        api.router.routes.extend(some)
    api.openapi = lambda: _published(api, installation)  # type: ignore[method-assign]  # FastAPI's way to say so
    api.add_middleware(Guard)
    front = Front(api, {("POST", path): Guard(call) for path, call in hot.items()})
    paths = (*PREFIXES, scorecard.PREFIX, checking.PREFIX)
    door = Failing(Door(front, installation, Needs(known(api)), entrance), paths)
    return Observed(door, meters, telling.requests, hot)


def known(api: FastAPI) -> Iterator[Known]:
    """The application's routes in the order in which it asks them."""
    for route in iter_route_contexts(api.routes):
        if route.path is not None:
            yield Known(frozenset(route.methods or ()), compile_path(route.path)[0], route.path)


def _sign_in(entrance: Entrance, installation: Installation) -> SignIn:
    made: list[Provider] = []

    def provider() -> Provider | None:
        if not made and entrance.provider is not None and installation.kept is not None:
            made.append(entrance.provider(installation.kept.secret))
        return made[0] if made else None

    return SignIn(lambda: installation.kept, entrance.public_url, provider, entrance.chosen, entrance.workers)


class Front:
    """Answers some calls itself and hands on the rest: the layers of the framework cost 25 µs a request."""

    def __init__(self, app: ASGIApp, calls: Mapping[tuple[str, str], ASGIApp]) -> None:
        self._app = app
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._calls.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        await (found or self._app)(scope, receive, send)


async def _renew(installation: Installation, board: Board) -> None:
    while True:
        await asyncio.sleep(RENEW_EVERY)
        await installation.renew()
        if board.shared:
            await asyncio.to_thread(board.lay)


def _published(api: FastAPI, installation: Installation) -> JSON:
    """The OpenAPI document, made when it is first asked for; its example of a result is a result."""
    if api.openapi_schema is None:
        as_of = datetime(2026, 12, 1, 18, tzinfo=UTC)
        result = installation.current().check(EXAMPLE, as_of=as_of)
        api.openapi_schema = document(api, calls(read(write(result.to_json()))))
    return api.openapi_schema
