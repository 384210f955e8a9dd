"""The rooms in which reviewers work: their addresses, and who answers there."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dq_service.web.pages import deciding, orders, queue, rule
from dq_service.web.pages.desk import Desk
from dq_service.web.pages.parts import ROUTE

PREFIXES = ("/queue", "/orders/", "/rules/")

Answer = Callable[[Desk, Request], Awaitable[Response]]


def rooms(desk: Desk) -> Sequence[Route]:
    """The routes; `web/access/needs.py` says what each needs."""

    def at(path: str, answer: Answer, method: str = "GET") -> Route:
        async def answered(request: Request) -> Response:
            request.scope["route"] = route  # for the log
            return await answer(desk, request)

        route = Route(path, answered, methods=[method])
        return route

    return [
        ROUTE,
        at("/queue", queue.show),
        at("/queue/next", queue.start, "POST"),
        at("/queue/views", queue.keep_view, "POST"),
        at("/orders/{id}", orders.show),
        at("/orders/{id}/raw", orders.raw),
        at("/orders/{id}/decide", deciding.decide, "POST"),
        at("/orders/{id}/undo", deciding.undo, "POST"),
        at("/orders/{id}/look", deciding.look, "POST"),
        at("/orders/{id}/claim", deciding.claim, "POST"),
        at("/orders/{id}/comments", deciding.comment, "POST"),
        at("/rules/{code}", rule.show),
    ]
