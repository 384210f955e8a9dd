"""The application that a server runs: the API on FastAPI, guarded, with the one hot call in front of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dq_service import __version__
from dq_service.intake.json_text import read, write
from dq_service.order import JSON
from dq_service.web.api.check import DEADLINE_MS, MAX_BODY, Check
from dq_service.web.api.health import health
from dq_service.web.api.installation import Installation, Watched
from dq_service.web.api.problem import Guard, on_http_exception, on_invalid_request
from dq_service.web.api.schema import CHECK_PATH, EXAMPLE, document

RENEW_EVERY: Final = 1.0  # seconds

# FastAPI's own telemetry puts URL queries, bodies and exception texts, which quote orders, into spans and logs.
NO_TELEMETRY: Final = TelemetryConfig(
    tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False
)


def create_app(opening: Callable[[], Watched], *, deadline_ms: int = DEADLINE_MS, max_body: int = MAX_BODY) -> ASGIApp:
    """The application of one process. `opening` opens the installation when the server starts (app.Watch).

    Should it raise, the server runs all the same, answers 503 with the reasons, and tries again every second.
    """
    installation = Installation(opening)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(installation.renew)
        renewing = asyncio.create_task(_renew(installation))
        try:
            yield
        finally:
            renewing.cancel()

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
    check = Check(installation, deadline_ms=deadline_ms, max_body=max_body)
    api.router.routes.append(Route(CHECK_PATH, check, methods=["POST"]))
    api.include_router(health(installation))
    api.openapi = lambda: _published(api, installation)  # type: ignore[method-assign]  # FastAPI's way to say so
    api.add_middleware(Guard)
    return Front(api, {("POST", CHECK_PATH): Guard(check)})


class Front:
    """Answers some calls itself and hands on the rest: the layers of the framework cost 25 µs a request."""

    def __init__(self, app: ASGIApp, calls: Mapping[tuple[str, str], ASGIApp]) -> None:
        self._app = app
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._calls.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        await (found or self._app)(scope, receive, send)


async def _renew(installation: Installation) -> None:
    while True:
        await asyncio.sleep(RENEW_EVERY)
        await asyncio.to_thread(installation.renew)


def _published(api: FastAPI, installation: Installation) -> JSON:
    """The OpenAPI document, made when it is first asked for; its example of a result is a result."""
    if api.openapi_schema is None:
        as_of = datetime(2026, 12, 1, 18, tzinfo=UTC)
        result = installation.current().check(EXAMPLE, as_of=as_of)
        api.openapi_schema = document(api, read(write(result.to_json())))
    return api.openapi_schema
