"""Two partners under one roof: nothing that one of them can ask for shows that the other has sent anything.

Every request is made twice: in a house in which the other partner has orders, webhooks and keys of idempotency, and in
one in which it has nothing. The answers are compared byte for byte, but for what is random in any answer.
"""

import asyncio
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from dq_service.service import webhooks
from dq_service.watch import Watch
from dq_service.web.access.needs import NEEDS
from tests.web.access.house import House, house, order

# Somebody to whom only the other partner has sent anything; what is sent twice is a duplicate.
BO = {"name": "Bo Larsen", "phone": "+14025550123", "email": "bo@example.com",
      "address": {"line1": "1717 Harney Street", "line2": "Apt 9", "city": "Omaha", "state": "NE",
                  "postal_code": "68102", "country": "US"}}  # fmt: skip
CALLERS = ("key of tern", "widest key of tern", "partner tern", "test key of tern", "test key of acme")
KEY = "018f-the-same-key"
RANDOM = (
    (re.compile(rb"\b(ord|evt|chg|whk|rev|usr)_[0-9a-f]{32}"), rb"\1_ID"),
    (re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), b"INSTANT"),
    (re.compile(rb'"[\w-]{48}"|(?<=id: )[\w-]{48}'), b"CURSOR"),
    (re.compile(rb"\bkey:[a-z2-9]{8}"), b"KEY"),
    (re.compile(rb"whsec_[\w+/=]+"), b"SECRET"),
)


@dataclass(frozen=True)
class Ask:
    """One request."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    route: str = ""


@dataclass(frozen=True)
class Things:
    """What a partner has: orders, a webhook, the events of the feed, cursors that it was told."""

    orders: tuple[str, ...]
    webhook: str
    event: str
    cursors: Mapping[str, str]


def filled(house: House, partner: str) -> Things:
    """Everything that a partner does in a day, under its own key."""
    caller = f"key of {partner}"
    ids = []
    for number in range(1, 8):
        made = house.ask(caller, "POST", "/v1/orders", order(partner, number), idempotency_key=f"{KEY}-{number}")
        assert made.status_code == 201
        ids.append(made.json()["id"])
    trial = house.ask(f"test key of {partner}", "POST", "/v1/orders", order(partner, 1))
    assert trial.status_code == 201
    assert trial.json()["id"] not in ids
    house.ask(caller, "POST", "/v1/orders", order(partner, 1, instructions="Ring twice"))
    house.ask(caller, "POST", f"/v1/orders/{ids[1]}/cancel", {"by": "ada"})
    house.ask(caller, "POST", f"/v1/orders/{ids[2]}/acknowledge", {"revision": 1, "frozen": True})
    house.ask(caller, "POST", "/v1/orders", b"no order at all")
    database, now = house.service.database, datetime.now(UTC)
    hook = webhooks.register(database, "https://hook.invalid/x", partner=partner, now=now)
    webhooks.change(database, hook.id, enabled=False, now=now)
    listed = house.ask(caller, "GET", "/v1/orders?limit=2").json()
    events = house.ask(caller, "GET", "/v1/events?limit=2").json()
    cursors = {"orders": listed["cursor"], "events": events["next"], "next": listed["next"]}
    return Things(tuple(ids), hook.id, events["events"][0]["id"], cursors)


@dataclass
class Both:
    """The two houses, what the other partner has in the first, and what tern has in each."""

    shared: House
    alone: House
    theirs: Things
    own: tuple[Things, Things]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def both(
    request: pytest.FixtureRequest, watched: Watch, tmp_path_factory: pytest.TempPathFactory, template_file: Path
) -> Iterator[Both]:
    def url(name: str) -> str:
        if request.param == "postgresql":
            server = request.getfixturevalue("postgresql")
            server.run(f"CREATE DATABASE {name} TEMPLATE template_dq STRATEGY file_copy")
            return str(server.url(name))
        file = tmp_path_factory.mktemp(name) / "dq.db"
        shutil.copyfile(template_file, file)
        return f"sqlite:///{file}"

    with house(watched, url("shared")) as shared, house(watched, url("alone")) as alone:
        shared.everybody()
        alone.everybody()
        theirs = filled(shared, "acme")
        own = filled(shared, "tern"), filled(alone, "tern")
        alone.ask("test key of acme", "POST", "/v1/orders", order("acme", 1))  # whose realm is no live key's
        for number in (98, 99):
            sent = shared.ask(
                "key of acme",
                "POST",
                "/v1/orders",
                order("acme", number, ship_to=BO, placed_at="2026-12-01T09:12:00-06:00"),
            )
        assert any(finding["rule"].startswith("DUP") for finding in sent.json()["findings"])
        yield Both(shared, alone, theirs, own)


def asked(theirs: Things, own: Things) -> Iterator[Ask]:
    """Every route with the other's things in it, and whatever else may tell of them."""
    bodies: dict[str, Any] = {
        "/v1/orders/{id}/revert": {"machine": True},
        "/v1/orders/{id}/acknowledge": {"revision": 1},
        "/v1/orders/{id}/cancel": {"by": "eve"},
        "/v1/rechecks": {"dry_run": True, "partner": "acme"},
        "/v1/erasures": {"email": "aisha@example.com"},
        "/v1/webhooks": {"url": "https://hook.invalid/x", "partner": "acme"},
        "/v1/webhooks/{id}": {"enabled": True},
        "/v1/webhooks/{id}/replay": {"event": theirs.event},
    }
    for method, template in NEEDS:
        if NEEDS[method, template] == "open":
            continue
        for partner, received in (("acme", "ACME-1"), ("acme", "ACME-4711"), ("tern", "ACME-1")):
            path = re.sub(r"\{received_id(:path)?\}", received, re.sub(r"\{partner(:path)?\}", partner, template))
            path = path.replace("{id}", theirs.webhook if "webhooks" in path else theirs.orders[0])
            body = None if method in ("GET", "DELETE") else bodies.get(template, order("acme", 1))
            for query in ("", "?partner=acme", "?limit=1"):
                yield Ask(method, path + query, body, route=f"{method} {template}")
    the_same = order("acme", 1)
    for path in ("/v1/orders", "/v1/orders/check", "/v1/partners/tern/orders"):
        yield Ask("POST", path, the_same)  # their order, word for word
        yield Ask("POST", path, the_same, {"Idempotency-Key": f"{KEY}-1"})
        yield Ask("POST", path, order("acme", 2, instructions="Other"), {"Idempotency-Key": f"{KEY}-2"})
        yield Ask("POST", path, order("acme", 3), {"If-Match": '"1"'})
        yield Ask("POST", path, order("acme", 3), {"If-Match": "*"})
        yield Ask("POST", path, order("tern", 99, ship_to=BO, placed_at="2026-12-01T09:13:00-06:00"))
    yield Ask("POST", "/v1/orders/batch", orjson.dumps(the_same) + b"\n" + orjson.dumps(order("acme", 2)) + b"\nx\n")
    for number in (1, 4711):
        identity = f"received_id=ACME-{number}"
        yield Ask("GET", f"/v1/orders?{identity}")
        yield Ask("GET", f"/v1/orders?{identity}&partner=tern")
    for id_ in theirs.orders:
        for what in ("", "/receipt"):
            yield Ask("GET", f"/v1/orders/{id_}{what}")
            yield Ask("GET", f"/v1/orders/{id_}{what}", headers={"If-None-Match": '"1"'})
        for tag in ('"1"', '"7"', "*"):
            yield Ask("POST", f"/v1/orders/{id_}/cancel", {}, {"If-Match": tag})
            yield Ask("POST", f"/v1/orders/{id_}/acknowledge", {"revision": 7}, {"If-Match": tag})
        yield Ask("POST", f"/v1/orders/{id_}/revert", {"change": "chg_1"})
    for told in (*theirs.cursors.values(), "17", "1"):
        for path in ("/v1/orders", "/v1/events"):
            yield Ask("GET", f"{path}?after={told}")
        yield Ask("GET", "/v1/events", headers={"Last-Event-ID": told, "Accept": "text/event-stream"})
        yield Ask("POST", "/v1/webhooks", {"url": "https://hook.invalid/y", "after": told})
    yield Ask("GET", f"/v1/webhooks/{own.webhook}")
    yield Ask("GET", f"/v1/webhooks/{own.webhook}/deliveries")
    yield Ask("POST", f"/v1/webhooks/{own.webhook}/replay", {"event": theirs.event})
    yield Ask("GET", "/v1/webhooks")
    for path in ("/v1/orders", "/v1/events"):
        yield Ask("GET", path)
        yield Ask("GET", f"{path}?limit=3")
        yield Ask("GET", f"{path}?limit=500")
    yield Ask("GET", "/v1/events?after=latest")
    yield Ask("GET", "/v1/orders?changed_since=2026-01-01T00:00:00Z&lifecycle=held")
    for id_ in own.orders:
        yield Ask("GET", f"/v1/orders/{id_}")
        yield Ask("GET", f"/v1/orders/{id_}/receipt")
    for path in ("/readyz", "/livez", "/v1/nothing", "/login"):
        yield Ask("GET", path)


def plain(answer: Any) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    """An answer without what is random in any."""
    body = bytes(answer.content)
    headers = {name: value.encode() for name, value in answer.headers.items() if name != "x-request-id"}
    for pattern, word in RANDOM:
        body = pattern.sub(word, body)
        headers = {name: pattern.sub(word, value) for name, value in headers.items()}
    return answer.status_code, tuple(sorted((name, value.decode()) for name, value in headers.items())), body


def difference(one: tuple[int, Any, bytes], other: tuple[int, Any, bytes]) -> str:
    """Where two answers begin to differ; "" where they are the same."""
    if one == other:
        return ""
    if one[:2] != other[:2]:
        return f"{one[:2]} and {other[:2]}"
    at = next((n for n, (a, b) in enumerate(zip(one[2], other[2], strict=False)) if a != b), 0)
    return f"{one[2][max(0, at - 150) : at + 150]!r} and {other[2][max(0, at - 150) : at + 150]!r}"


@pytest.mark.parametrize("caller", CALLERS)
def test_the_answers_are_the_same_byte_for_byte(both: Both, caller: str) -> None:
    pairs = zip(asked(both.theirs, both.own[0]), asked(both.theirs, both.own[1]), strict=True)
    routes = set()
    for here, there in pairs:
        routes.add(here.route)
        if "text/event-stream" in here.headers.values():
            assert streamed(both.shared, caller, here) == streamed(both.alone, caller, there), here
            continue
        answers = [
            house.ask(
                caller, one.method, one.path, one.body, **{k.replace("-", "_"): v for k, v in one.headers.items()}
            )
            for house, one in ((both.shared, here), (both.alone, there))
        ]
        differ = difference(plain(answers[0]), plain(answers[1]))
        assert differ == "", here
        assert b"ACME-4711" not in answers[0].content
    assert routes >= {f"{method} {template}" for (method, template), need in NEEDS.items() if need != "open"}


def test_a_test_key_is_a_partner_of_its_own(both: Both) -> None:
    """What came with a live key is nowhere for a test key of the same partner, and the other way round."""
    for caller, other in (("test key of tern", "key of tern"), ("key of tern", "test key of tern")):
        mine = both.shared.ask(caller, "GET", "/v1/orders?limit=500").json()["orders"]
        theirs = both.shared.ask(other, "GET", "/v1/orders?limit=500").json()["orders"]
        assert mine
        assert not {one["id"] for one in mine} & {one["id"] for one in theirs}
        events = both.shared.ask(caller, "GET", "/v1/events?limit=500").json()["events"]
        assert {event["subject"] for event in events} <= {one["id"] for one in mine}
        assert both.shared.ask(caller, "GET", f"/v1/orders/{theirs[0]['id']}").status_code == 404


def test_the_house_sees_both_but_what_came_with_test_keys(both: Both) -> None:
    for caller in ("key of all", "admin"):
        listed = both.shared.ask(caller, "GET", "/v1/orders?limit=500").json()["orders"]
        assert {one["partner"] for one in listed} == {"acme", "tern"}
        assert set(both.theirs.orders) <= {one["id"] for one in listed}
        events = both.shared.ask(caller, "GET", "/v1/events?limit=500").json()["events"]
        assert {event["subject"] for event in events} <= {one["id"] for one in listed}


def test_a_partners_key_sends_for_its_partner_whatever_the_body_says(both: Both) -> None:
    answer = both.shared.ask("key of tern", "POST", "/v1/orders", order("acme", 777))
    assert answer.status_code == 201
    assert answer.json()["partner"] == "tern"
    assert both.shared.ask("key of acme", "GET", f"/v1/orders/{answer.json()['id']}").status_code == 404
    assert both.shared.ask("key of acme", "GET", "/v1/partners/acme/orders/ACME-777").status_code == 404
    assert both.shared.ask("key of tern", "GET", "/v1/partners/tern/orders/ACME-777").status_code == 200


def streamed(house: House, caller: str, ask: Ask) -> tuple[int, bytes]:
    """What a stream of events gives within a moment."""
    path, _, query = ask.path.partition("?")
    headers = [(b"host", b"127.0.0.1"), *((name.lower().encode(), value.encode())
               for name, value in {**house.callers[caller], **ask.headers}.items())]  # fmt: skip
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "headers": headers, "state": {},
        "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 80), "scheme": "http", "root_path": "",
    }  # fmt: skip
    status, body, asked = [], bytearray(), False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.sleep(0.3)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])
        else:
            body.extend(message.get("body", b""))

    assert house.client.portal is not None
    house.client.portal.call(house.client.app, scope, receive, send)
    raw = bytes(body)
    for pattern, word in RANDOM:
        raw = pattern.sub(word, raw)
    return status[0], raw
