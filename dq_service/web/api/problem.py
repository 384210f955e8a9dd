"""What went wrong with a request, as RFC 9457 has it: `application/problem+json`, and nothing of the input in it."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dq_service.faults import told
from dq_service.order import JSON

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"

_DETAILS: Final[Mapping[int, str]] = {
    404: "There is nothing at this path.",
    405: "This path does not take that method; the Allow header names those it takes.",
}


class Refusal(Exception):
    """A request that cannot be answered: its status, why in a sentence, and members of its own (`header`, `limit`).

    The sentence and the members never repeat the input.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    @property
    def content(self) -> JSON:
        """The problem's members."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }

    def response(self) -> Response:
        """The problem as an answer."""
        return Response(orjson.dumps(self.content), self.status, self.headers, MEDIA_TYPE)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """The framework's own refusals: no such path, no such method. Their texts are not passed on."""
    assert isinstance(error, HTTPException)
    detail = _DETAILS.get(error.status_code, HTTPStatus(error.status_code).description or "The request failed.")
    return Refusal(error.status_code, detail, error.headers).response()


async def on_invalid_request(request: Request, error: Exception) -> Response:
    """A parameter that has the wrong form: where it stands and what is wanted, never what was given."""
    assert isinstance(error, RequestValidationError)
    wrong = [{"in": ".".join(map(str, one["loc"])), "wanted": one["type"]} for one in error.errors() if _ours(one)]
    return Refusal(422, "The request does not have the form that this path wants.", errors=wrong).response()


def _ours(error: Mapping[str, Any]) -> bool:
    """Whether the place names a parameter of ours; a place inside a body is made of the sender's own keys."""
    return bool(error["loc"]) and error["loc"][0] in ("query", "path", "header", "cookie")


class Guard:
    """A layer around the calls: whatever breaks inside is answered as a problem and logged under the same id.

    An exception's text may quote an order and its frames' values are the order, so the log gets its class, the code's
    lines, and nothing else; and nothing is raised further, since the server would log all of it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientDisconnect:
            pass  # nobody is left to answer
        except Refusal as problem:
            if not started:
                await problem.response()(scope, receive, send)
        except Exception as broke:
            fault = f"urn:uuid:{uuid4()}"
            log.error("%s: %s", fault, told(broke))
            if not started:
                failure = Refusal(500, "The service failed on this request; its log has the id.", instance=fault)
                await failure.response()(scope, receive, send)
