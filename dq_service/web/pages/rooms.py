"""The rooms in which reviewers work: their addresses, and who answers there."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dq_service.web.pages import orders, rule
from dq_service.web.pages.desk import Desk
from dq_service.web.pages.parts import ROUTE

PREFIXES = ("/queue", "/orders/", "/rules/")

Answer = Callable[[Desk, Request], Awaitable[Response]]


def rooms(desk: Desk) -> Sequence[Route]:
    """The routes; `web/access/needs.py` says what each needs."""

    def at(path: str, answer: Answer, method: str = "GET") -> Route:
        async def answered(request: Request) -> Response:
            return await answer(desk, request)

        return Route(path, answered, methods=[method])

    return [
        ROUTE,
        at("/orders/{id}", orders.show),
        at("/orders/{id}/raw", orders.raw),
        at("/rules/{code}", rule.show),
    ]
