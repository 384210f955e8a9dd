"""What each call needs: one table, every route in it; a route that is missing here lets nobody in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from re import Pattern
from typing import Final, Literal

from starlette.types import Scope

from dq_service.service.access import Permission

Need = Permission | Literal["open"]

NEEDS: Final[Mapping[tuple[str, str], Need]] = {
    ("GET", "/livez"): "open",
    ("GET", "/readyz"): "open",
    ("GET", "/openapi.json"): "open",
    ("GET", "/metrics"): "metrics",
    ("POST", "/v1/orders/check"): "check",
    ("POST", "/v1/orders"): "orders:write",
    ("POST", "/v1/orders/batch"): "orders:write",
    ("POST", "/v1/partners/{partner}/orders"): "orders:write",
    ("GET", "/v1/orders"): "orders:read",
    ("GET", "/v1/orders/{id}"): "orders:read",
    ("GET", "/v1/partners/{partner:path}/orders/{received_id:path}"): "orders:read",
    ("GET", "/v1/orders/{id}/receipt"): "orders:read",
    ("POST", "/v1/orders/{id}/revert"): "orders:write",
    ("POST", "/v1/orders/{id}/cancel"): "orders:write",
    ("POST", "/v1/orders/{id}/acknowledge"): "orders:write",
    ("GET", "/v1/reviews"): "reviews",
    ("GET", "/v1/reviews/views"): "reviews",
    ("PUT", "/v1/reviews/views/{name}"): "reviews",
    ("DELETE", "/v1/reviews/views/{name}"): "reviews",
    ("POST", "/v1/reviews/next"): "reviews",
    ("GET", "/v1/reviews/{id}"): "reviews",
    ("POST", "/v1/reviews/{id}/claim"): "reviews",
    ("POST", "/v1/reviews/{id}/unclaim"): "reviews",
    ("POST", "/v1/reviews/{id}/decide"): "reviews",
    ("POST", "/v1/reviews/{id}/undo"): "reviews",
    ("POST", "/v1/reviews/{id}/preview"): "reviews",
    ("POST", "/v1/reviews/{id}/assign"): "reviews",
    ("POST", "/v1/reviews/{id}/comments"): "reviews",
    ("GET", "/v1/scorecards"): "figures",
    ("GET", "/v1/scorecards/orders"): "figures",
    ("POST", "/v1/findings/dispute"): "figures",
    ("POST", "/v1/rechecks"): "rechecks",
    ("POST", "/v1/erasures"): "admin",
    ("GET", "/v1/events"): "events:read",
    ("POST", "/v1/webhooks"): "webhooks",
    ("GET", "/v1/webhooks"): "webhooks",
    ("GET", "/v1/webhooks/{id}"): "webhooks",
    ("PATCH", "/v1/webhooks/{id}"): "webhooks",
    ("DELETE", "/v1/webhooks/{id}"): "webhooks",
    ("GET", "/v1/webhooks/{id}/deliveries"): "webhooks",
    ("POST", "/v1/webhooks/{id}/replay"): "webhooks",
    # Pages: each looks for itself who is signed in.
    ("GET", "/"): "open",
    ("GET", "/static/{version}/{name:path}"): "open",
    ("GET", "/login"): "open",
    ("POST", "/login"): "open",
    ("GET", "/login/provider"): "open",
    ("GET", "/login/callback"): "open",
    ("GET", "/password"): "open",
    ("POST", "/password"): "open",
    ("POST", "/logout"): "open",
    # Rooms of reviewers.
    ("GET", "/orders/{id}"): "reviews",
    ("GET", "/orders/{id}/raw"): "reviews",
    ("POST", "/orders/{id}/decide"): "reviews",
    ("POST", "/orders/{id}/undo"): "reviews",
    ("POST", "/orders/{id}/look"): "reviews",
    ("POST", "/orders/{id}/claim"): "reviews",
    ("POST", "/orders/{id}/comments"): "reviews",
    ("GET", "/queue"): "reviews",
    ("POST", "/queue/next"): "reviews",
    ("POST", "/queue/views"): "reviews",
    ("GET", "/rules/{code}"): "reviews",
    # Rooms of others.
    ("GET", "/scorecards"): "figures",
    ("GET", "/scorecards/orders"): "figures",
    ("GET", "/check"): "check",
    ("POST", "/check"): "check",
    ("POST", "/check/repaired"): "check",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A route of the application, as it is matched."""

    methods: frozenset[str]
    path: Pattern[str]
    template: str


class Needs:
    """What a request needs, by the route that will answer it: the application's own, in its own order."""

    def __init__(self, routes: Iterable[Known], table: Mapping[tuple[str, str], Need] = NEEDS) -> None:
        self._routes = tuple(routes)
        self._table = table
        self._plain = {(method, path): need for (method, path), need in table.items() if "{" not in path}

    def of(self, scope: Scope) -> Need | None:
        """The need; None where the route is not in the table. What no route answers is open: nothing answers it."""
        method, path = scope["method"], scope["path"]
        plain = self._plain.get((method, path))
        if plain is not None:
            return plain
        for route in self._routes:
            if method in route.methods and route.path.match(path):
                return self._table.get(("GET" if method == "HEAD" else method, route.template))
        return "open"

    @property
    def missing(self) -> list[tuple[str, str]]:
        """Routes that are not in the table."""
        return [(method, route.template) for route in self._routes for method in sorted(route.methods - {"HEAD"})
                if (method, route.template) not in self._table]  # fmt: skip
