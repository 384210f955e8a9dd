"""Who may do what: every caller, every route, in a table that is compared whole.

`MATRIX=write pytest tests/web/access/test_matrix.py` writes the table as it is now.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from dq_service.watch import Watch
from dq_service.web.access.needs import NEEDS, Known, Needs
from dq_service.web.application import known
from tests.web.access.house import PARTNERS, House, house, order

TABLE = Path(__file__).with_name("matrix.txt")
NOBODY = "nobody"
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/orders/{id}/revert"): {"machine": True},
    ("POST", "/v1/orders/{id}/acknowledge"): {"revision": 1},
    ("POST", "/v1/rechecks"): {"dry_run": True},
    ("POST", "/v1/reviews/next"): {},
    ("POST", "/v1/reviews/{id}/claim"): {},
    ("POST", "/v1/reviews/{id}/unclaim"): {},
    ("POST", "/v1/reviews/{id}/decide"): {"decision": "release", "revision": 1, "reason": "it is right as it is"},
    ("POST", "/v1/reviews/{id}/undo"): {},
    ("POST", "/v1/reviews/{id}/preview"): {"changes": {"ship_to.name": "Robin Walberg"}},
    ("POST", "/v1/reviews/{id}/assign"): {"to": "me"},
    ("POST", "/v1/reviews/{id}/comments"): {"text": "a shop, I think"},
    ("PUT", "/v1/reviews/views/{name}"): {"age": "older"},
    ("POST", "/v1/findings/dispute"): {"order_id": "ord_1", "rule": "ADR021"},
    ("POST", "/v1/webhooks"): {"url": "https://hook.invalid/x"},
    ("PATCH", "/v1/webhooks/{id}"): {"enabled": True},
    ("POST", "/v1/webhooks/{id}/replay"): {"dead": True},
    ("POST", "/v1/erasures"): {"email": "nobody@example.com"},
}


@pytest.fixture(scope="module")
def full(watched: Watch, tmp_path_factory: pytest.TempPathFactory, template_file: Path) -> Iterator[House]:
    """A house with everybody, and an order and a webhook of each partner."""
    import shutil

    file = tmp_path_factory.mktemp("matrix") / "dq.db"
    shutil.copyfile(template_file, file)
    with house(watched, f"sqlite:///{file}") as full:
        full.everybody()
        yield full


def routes(house: House) -> list[Known]:
    """The application's, as the door has them."""
    door = house.client.app.app  # type: ignore[attr-defined]
    return list(known(_api(door)))


def _api(layer: Any) -> Any:
    """The framework's application, beneath the layers."""
    while not hasattr(layer, "openapi"):
        layer = getattr(layer, "_app", None) or layer.app
    return layer


def test_every_route_stands_in_the_table_of_needs(full: House) -> None:
    needs = Needs(known(_api(full.client.app)))
    assert needs.missing == []
    there = {(method, one.template) for one in known(_api(full.client.app)) for method in one.methods}
    assert set(NEEDS) - there == set(), "needs of routes that there are not"


def test_a_route_that_is_not_in_the_table_lets_nobody_in(full: House) -> None:
    door = full.client.app
    while not hasattr(door, "_needs"):
        door = door._app  # type: ignore[attr-defined]
    table = {key: need for key, need in NEEDS.items() if key != ("GET", "/v1/orders/{id}")}
    before, door._needs = door._needs, Needs(known(_api(full.client.app)), table)
    try:
        assert full.ask("admin", "GET", "/v1/orders/ord_1").status_code == 403
        assert full.ask("key of all", "GET", "/v1/orders/ord_1").status_code == 403
        assert full.ask(NOBODY, "GET", "/v1/orders/ord_1").status_code == 401
    finally:
        door._needs = before


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/v1/orders/ord_1", "/v1/orders/{id}"),
        ("/v1/orders/ord_1/receipt", "/v1/orders/{id}/receipt"),
        ("/v1/partners/a%2Fb/orders/c%2Fd", "/v1/partners/{partner:path}/orders/{received_id:path}"),
        ("/v1/partners/a/orders/b/orders/c", "/v1/partners/{partner:path}/orders/{received_id:path}"),
        ("/v1/webhooks/whk_1/deliveries", "/v1/webhooks/{id}/deliveries"),
    ],
)
def test_the_door_means_the_route_that_answers(full: House, path: str, template: str) -> None:
    seen: list[str] = []
    inner = full.client.app

    async def watching(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)
        seen.append(scope["route"].path)

    full.client.app = watching  # type: ignore[method-assign]
    full.client._transport.app = watching  # type: ignore[attr-defined]
    try:
        full.ask("key of all", "GET", path)
    finally:
        full.client.app = inner  # type: ignore[method-assign]
        full.client._transport.app = inner  # type: ignore[attr-defined]
    needs = Needs(known(_api(inner)), {("GET", template): "admin"})
    scope = {"method": "GET", "path": path.replace("%2F", "/")}
    assert seen == [template]
    assert needs.of(scope) == "admin"


def test_the_matrix(full: House) -> None:
    callers = [NOBODY, *full.callers]
    lines = []
    for method, template in sorted(NEEDS, key=lambda one: (one[1], one[0])):
        if NEEDS[method, template] == "open":
            continue
        for partner in PARTNERS:
            cells = []
            for caller in callers:
                target = Target(full, partner)
                answer = full.ask(caller, method, target.path(template), target.body(method, template))
                assert answer.status_code < 500, (method, template, caller, answer.text)
                cells.append(str(answer.status_code))
            lines.append(f"{method:6} {template:58} {partner:5} {' '.join(cells)}")
    head = [f"{number:2} {caller}" for number, caller in enumerate(callers)]
    numbers = f"{'':6} {'':58} {'of':5} {' '.join(f'{number:3}' for number in range(len(callers)))}"
    text = "\n".join([*head, "", numbers, *lines, ""])
    if os.environ.get("MATRIX") == "write":
        TABLE.write_text(text, "utf-8")
    assert text == TABLE.read_text("utf-8")


class Target:
    """Something new of a partner: an order, a webhook; so that no call finds what the one before it left."""

    count = 1000

    def __init__(self, house: House, partner: str) -> None:
        self.house, self.partner = house, partner

    def path(self, template: str) -> str:
        """The template with this partner's things in it, and the partner where it is asked for by a query."""
        path = re.sub(r"\{received_id(:path)?\}", "1", re.sub(r"\{partner(:path)?\}", self.partner, template))
        path = path.replace("{name}", "mine")
        if "/reviews/{id}" in path:
            path = path.replace("{id}", f"rev_{self.order(ship_to={}).removeprefix('ord_')}")
        if "{id}" in path:
            path = path.replace("{id}", self.webhook() if "webhooks" in path else self.order())
        asks = {"/v1/orders", "/v1/orders/check", "/v1/orders/batch", "/v1/events", "/v1/scorecards",
                "/v1/scorecards/orders"}  # fmt: skip
        return f"{path}?partner={self.partner}" if template in asks else path

    def body(self, method: str, template: str) -> Any:
        if method in ("GET", "DELETE"):
            return None
        given = BODIES.get((method, template))
        if given is not None:
            return {**given, "partner": self.partner} if template in ("/v1/rechecks", "/v1/webhooks") else given
        if template.endswith("/cancel"):
            return {}
        Target.count += 1
        return order(self.partner, Target.count)

    def order(self, **changes: Any) -> str:
        Target.count += 1
        made = self.house.ask("key of all", "POST", "/v1/orders", order(self.partner, Target.count, **changes))
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def webhook(self) -> str:
        from datetime import UTC, datetime

        from dq_service.service import webhooks

        database, now = self.house.service.database, datetime.now(UTC)
        return webhooks.register(database, "https://hook.invalid/x", partner=self.partner, now=now).id


def test_the_needs_are_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "access.md").read_text("utf-8")
    told = {}
    for calls, need in re.findall(r"^\| ((?:`\w+ /\S+`\s?)+) \| (.+) \|$", page, re.MULTILINE):
        told.update({tuple(call.split()): need for call in re.findall(r"`(\w+ /\S+)`", calls)})
    api = {call: need for call, need in NEEDS.items() if call[1].startswith(("/v1", "/metrics"))}
    assert {call: need.strip("`") for call, need in told.items() if call in api} == api
