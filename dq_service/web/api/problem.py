"""What went wrong with a request, as RFC 9457 has it: `application/problem+json`, and nothing of the input in it."""

import logging
from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, get_args
from uuid import uuid4

import orjson
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
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
    """A parameter or a field that has the wrong form: where it stands and what is wanted, never what was given."""
    assert isinstance(error, RequestValidationError)
    fields = _body_fields(request)
    wrong = [{"in": place, "wanted": one["type"]} for one in error.errors() if (place := _place(one["loc"], fields))]
    return Refusal(422, "The request does not have the form that this path wants.", errors=wrong).response()


def _place(at: Sequence[int | str], fields: Collection[str]) -> str:
    """A place by names of ours, `""` for any other; inside a body it may be made of the sender's own keys."""
    match at:
        case ["query" | "path" | "header" | "cookie", *_]:
            return ".".join(map(str, at))
        case ["body", str(field), *_] if field in fields:
            return f"body.{field}"
        case ["body"]:
            return "body"
        case _:
            return ""


def _body_fields(request: Request) -> Collection[str]:
    """The fields of the model that the body is read into; none where it is no model."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or route.body_field is None:
        return ()
    wanted = route.body_field.field_info.annotation
    models = [kind for kind in (wanted, *get_args(wanted)) if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return {field for model in models for field in model.model_fields}


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
