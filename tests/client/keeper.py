"""A real HTTP server that keeps orders as CONTRACT section 4 says, in memory, and can be told to fail.

It keeps by identity and body and remembers keys, so that what is lost, doubled or out of order shows.
"""

import asyncio
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import uvicorn

PROBLEM = "application/problem+json"


@dataclass
class Keeper:
    """What arrived, what is kept, and how the next requests fail: statuses, "hang", "half", "page", "kept, half"."""

    port: int = 0
    next: list[Any] = field(default_factory=list)  # the failures of the next requests, first things first
    always: Any = None  # the failure of every request
    arrivals: list[tuple[str, str, bytes]] = field(default_factory=list)  # key, path, body of everything that came
    headers: dict[str, str] = field(default_factory=dict)  # of the last request
    kept: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)  # (partner, order_id) -> distinct bodies
    keys: dict[str, bytes] = field(default_factory=dict)
    refuses: dict[str, int] = field(default_factory=dict)  # order_id -> the status that it gets for good

    def forget(self) -> None:
        """As it was in the beginning, but on its port."""
        self.__init__(self.port)  # type: ignore[misc]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def order_ids(self) -> list[str]:
        """In the order in which they were kept."""
        return [order_id for _, order_id in self.kept]

    @property
    def tries(self) -> Counter[str]:
        """How often each key came."""
        return Counter(key for key, _, _ in self.arrivals)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        path, query = scope["path"], parse_qs(scope["query_string"].decode())
        self.arrivals.append((self.headers.get("idempotency-key", ""), path, body))
        failure = self.next.pop(0) if self.next else self.always
        if failure == "hang":
            with suppress(asyncio.CancelledError):  # the server stops
                await asyncio.sleep(60)
            await _half(send)
        elif failure == "page":
            await _answer(send, 200, b"<html>Please log in</html>", {"content-type": "text/html"})
        elif failure == "half":
            await _half(send)
        elif failure == "kept, half":
            self.keep(json.loads(body), body, query, self.headers.get("idempotency-key", ""))
            await _half(send)
        elif isinstance(failure, tuple):
            status, headers = failure
            await _answer(send, status, b"{}", headers)
        elif failure is not None:
            await _answer(send, failure, json.dumps({"status": failure, "detail": "no"}).encode(), problem())
        else:
            await self.serve(scope["method"], path, query, body, send)

    async def serve(self, method: str, path: str, query: dict[str, list[str]], body: bytes, send: Any) -> None:
        if (method, path) == ("POST", "/v1/orders/check"):
            await _json(send, 200, result(json.loads(body), id=None))
        elif (method, path) == ("POST", "/v1/orders"):
            order = json.loads(body)
            if (status := self.refuses.get(order["order_id"])) is not None:
                await _answer(send, status, json.dumps({"status": status, "detail": "no"}).encode(), problem())
                return
            status, told = self.keep(order, body, query, self.headers.get("idempotency-key", ""))
            await _json(send, status, told, {} if status == 201 else {"idempotent-replay": "true"})
        elif (method, path) == ("POST", "/v1/orders/batch"):
            lines = []
            for number, line in enumerate(body.splitlines(), 1):
                order = json.loads(line)
                if (status := self.refuses.get(order["order_id"])) is not None:
                    lines.append({"line": number, "status": status, "detail": "no"})
                    if status == 503:
                        del self.refuses[order["order_id"]]
                else:
                    lines.append({**self.keep(order, line, query, "")[1], "line": number})
            content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
            await _answer(send, 200, content, {"content-type": "application/x-ndjson"})
        elif path == "/readyz":
            await _json(send, 200, {"status": "ready"})
        else:
            await self.look_up(method, path, query, body, send)

    async def look_up(self, method: str, path: str, query: dict[str, list[str]], body: bytes, send: Any) -> None:
        pieces = path.strip("/").split("/")
        rows = [result(json.loads(bodies[-1]), id=f"ord_{order_id}") for (_, order_id), bodies in self.kept.items()]
        after = int(query.get("after", ["0"])[0])
        limit = int(query.get("limit", ["100"])[0])
        page, following = rows[after : after + limit], after + limit
        if path == "/v1/orders":
            await _json(send, 200, {"orders": page, "next": following if following < len(rows) else None})
        elif path == "/v1/events":
            events = [
                {"id": f"evt_{n}", "type": "order.received", "subject": row["id"], "time": "2026-12-01T18:00:00Z"}
                for n, row in enumerate(page)
            ]
            await _json(send, 200, {"events": events, "next": after + len(page), "more": following < len(rows)})
        elif path == "/v1/webhooks" and method == "POST":
            await _json(send, 201, {**json.loads(body), "id": "whk_1", "secret": "whsec_c2VjcmV0"})
        elif path == "/v1/webhooks":
            await _json(send, 200, {"webhooks": [{"id": "whk_1", "url": "https://example.com/hook"}]})
        elif path == "/v1/webhooks/whk_1" and method == "DELETE":
            await _answer(send, 204, b"", {})
        elif path == "/v1/webhooks/whk_1" and method == "PATCH":
            await _json(send, 200, {"id": "whk_1", "url": "https://example.com/hook", **json.loads(body)})
        elif path == "/v1/webhooks/whk_1/deliveries":
            await _json(send, 200, {"deliveries": [{"event_id": "evt_0", "state": query["state"][0]}], "next": None})
        elif path == "/v1/webhooks/whk_1/replay":
            await _json(send, 202, {"replayed": 7})
        else:
            found = [row for row in rows if row["id"] in pieces or row["received_id"] in pieces]
            if not found:
                await _answer(send, 404, b'{"status": 404, "detail": "There is no such order."}', problem())
            elif self.headers.get("if-match") == '"0"':
                await _answer(send, 412, b'{"status": 412, "detail": "The order has moved on."}', problem())
            elif pieces[-1] == "receipt":
                await _json(send, 200, {"changes": [{"field": "ship_to.address.city"}], "patch": [], "inverse": []})
            else:
                said = json.loads(body) if body else None
                lifecycle = "cancelled" if pieces[-1] == "cancel" else "released"
                await _json(send, 200, {**found[0], "lifecycle": lifecycle, "said": said})

    def keep(self, order: Any, body: bytes, query: dict[str, list[str]], key: str) -> tuple[int, Any]:
        assert not key or self.keys.setdefault(key, body) == body, "a key came with two bodies"
        partner = query.get("partner", [order.get("partner", "")])[0]
        bodies = self.kept.setdefault((partner, order["order_id"]), [])
        told = result(order, id=f"ord_{order['order_id']}")
        if body in bodies:
            return 200, {**told, "revision": bodies.index(body) + 1}
        bodies.append(body)
        return 201, {**told, "revision": len(bodies)}


def result(order: Any, id: str | None) -> dict[str, Any]:
    """A result with what the client looks at."""
    return {
        "id": id,
        "line": None,
        "received_id": order["order_id"],
        "order_id": order["order_id"],
        "partner": order.get("partner", ""),
        "lifecycle": "released",
        "revision": 1,
        "verdict": "clean",
        "action": "release",
        "hold": None,
        "order": order,
        "repairs": [],
        "findings": [],
        "evaluated": {"complete": True, "missing": []},
    }


def problem(**more: str) -> dict[str, str]:
    return {"content-type": PROBLEM, **more}


async def _json(send: Any, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
    await _answer(send, status, json.dumps(value).encode(), {"content-type": "application/json", **(headers or {})})


async def _answer(send: Any, status: int, content: bytes, headers: dict[str, str]) -> None:
    told = [(name.encode(), value.encode()) for name, value in headers.items()]
    if status != 204:
        told.append((b"content-length", b"%d" % len(content)))
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": content})


async def _half(send: Any) -> None:
    """An answer that breaks off."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
    await send({"type": "http.response.body", "body": b'{"id": ', "more_body": True})


@contextmanager
def running(keeper: Keeper) -> Iterator[Keeper]:
    """The server on a port of its own, or again on the one that it had."""
    listening = socket.create_server(("127.0.0.1", keeper.port), backlog=128)
    keeper.port = listening.getsockname()[1]
    config = uvicorn.Config(
        keeper, log_config=None, access_log=False, ws="none", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield keeper
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)
        listening.close()
