"""Webhooks over HTTP: made, listed, served, replayed, removed; and each refusal."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from tests.web.served import Answer, Served, is_problem
from tests.web.test_orders import keep, order, post


class Inbox(ThreadingHTTPServer):
    """A receiver in a thread of its own: what came in, and what it answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.status = 204
        self.came: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/inbox"


class Taking(BaseHTTPRequestHandler):
    server: Inbox
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((dict(self.headers.items()), body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    server = Inbox()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def made(served: Served, inbox: Inbox) -> Iterator[Callable[..., Any]]:
    """Makes webhooks that go to the inbox; they are removed afterwards."""
    ids = []

    def make(**wanted: Any) -> Any:
        answer = post(served, "/v1/webhooks", {"url": inbox.url, **wanted})
        assert answer.status == 201, answer.raw
        ids.append(answer.json["id"])
        assert answer.headers["location"] == f"/v1/webhooks/{ids[-1]}"
        return answer.json

    yield make
    for one in ids:
        served.ask("DELETE", f"/v1/webhooks/{one}")


def eventually(reached: Callable[[], Any]) -> Any:
    """What it comes to, within ten seconds of the real clock: a server is another process."""
    end = time.monotonic() + 10
    while not (found := reached()):
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)
    return found


def patch(served: Served, path: str, body: Any) -> Answer:
    return served.ask("PATCH", path, json.dumps(body).encode(), {"Content-Type": "application/json"})


def deliveries(served: Served, webhook: Any, query: str = "") -> Any:
    answer = served.ask("GET", f"/v1/webhooks/{webhook['id']}/deliveries{query}")
    assert answer.status == 200, answer.raw
    return answer.json["deliveries"]


def test_an_order_is_told_to_its_webhook(served: Served, inbox: Inbox, made: Callable[..., Any]) -> None:
    webhook = made(partner="wren", include=["order"], types=["order.received", "order.released"])
    assert webhook["secret"].startswith("whsec_")
    keep(served, order())
    kept = keep(served, order(partner="wren", ship_to__address__city="Omhaa")).json
    eventually(lambda: len(inbox.came) == 2)
    events = [Verifier(webhook["secret"]).verify(body, headers) for headers, body in inbox.came]
    assert [event["type"] for event in events] == ["order.received", "order.released"]
    assert {event["subject"] for event in events} == {kept["id"]}
    assert all(event["data"]["order"] == kept["order"] for event in events)
    done = eventually(lambda: deliveries(served, webhook, "?state=delivered") or None)
    eventually(lambda: len(deliveries(served, webhook, "?state=delivered")) == 2)
    assert done[-1]["order_id"] == kept["id"]
    assert (done[-1]["attempts"], done[-1]["last_status"], done[-1]["next_at"]) == (1, 204, None)


def test_the_secret_is_told_once(served: Served, made: Callable[..., Any]) -> None:
    webhook = made(partner="lark")
    secret = webhook.pop("secret")
    assert served.ask("GET", f"/v1/webhooks/{webhook['id']}").json == webhook
    listed = served.ask("GET", "/v1/webhooks")
    assert webhook in listed.json["webhooks"]
    assert secret.encode() not in listed.raw


def test_what_fails_is_seen_and_replayed(served: Served, inbox: Inbox, made: Callable[..., Any]) -> None:
    inbox.status = 500
    webhook = made(partner="crane", types=["order.received"])
    keep(served, order(partner="crane"))
    (failed,) = eventually(lambda: [one for one in deliveries(served, webhook, "?state=pending") if one["attempts"]])
    assert (failed["last_status"], failed["type"]) == (500, "order.received")
    assert failed["next_at"] > failed["last_at"]
    inbox.status = 204
    answer = post(served, f"/v1/webhooks/{webhook['id']}/replay", {"event": failed["event"]})
    assert (answer.status, answer.json) == (202, {"replayed": 1})
    (done,) = eventually(lambda: deliveries(served, webhook, "?state=delivered"))
    assert done["event"] == failed["event"]
    nothing = post(served, f"/v1/webhooks/{webhook['id']}/replay", {"dead": True})
    assert (nothing.status, nothing.json) == (202, {"replayed": 0})


def test_deliveries_come_in_pages(served: Served, inbox: Inbox, made: Callable[..., Any]) -> None:
    webhook = made(partner="stork")
    for _ in range(3):
        keep(served, order(partner="stork"))
    eventually(lambda: len(deliveries(served, webhook)) == 6)
    path = f"/v1/webhooks/{webhook['id']}/deliveries"
    first = served.ask("GET", f"{path}?limit=4").json
    second = served.ask("GET", f"{path}?limit=4&after={first['next']}").json
    assert (len(first["deliveries"]), len(second["deliveries"]), second["next"]) == (4, 2, None)
    assert len({one["event"] for one in first["deliveries"] + second["deliveries"]}) == 6


def test_a_webhook_that_is_removed_is_gone(served: Served, made: Callable[..., Any]) -> None:
    webhook = made()
    path = f"/v1/webhooks/{webhook['id']}"
    assert served.ask("DELETE", path).status == 204
    for method, where in (("DELETE", path), ("GET", path), ("GET", f"{path}/deliveries"), ("GET", "/v1/webhooks/%00")):
        assert is_problem(served.ask(method, where), 404)
    assert is_problem(post(served, f"{path}/replay", {"dead": True}), 404)


def test_a_webhook_is_changed_disabled_and_enabled_again(
    served: Served, inbox: Inbox, made: Callable[..., Any]
) -> None:
    inbox.status = 410
    webhook = made(partner="heron", types=["order.received"])
    path = f"/v1/webhooks/{webhook['id']}"
    keep(served, order(partner="heron"))
    gone = eventually(lambda: (found := served.ask("GET", path).json)["disabled_at"] and found)
    assert gone["disabled_why"] == "the receiver answered 410 Gone"
    assert re.fullmatch(r"[-\d]{10}T[:\d]{8}\.\d{3}Z", gone["disabled_at"])
    missed = keep(served, order(partner="heron")).json["id"]
    inbox.status = 204
    url = f"{inbox.url}?other"
    changed = patch(served, path, {"enabled": True, "url": url, "types": [], "include": ["order"]})
    expected = {**gone, "disabled_at": None, "disabled_why": "", "url": url, "types": [], "include": ["order"]}
    assert (changed.status, changed.json) == (200, expected)
    assert served.ask("GET", path).json == expected
    eventually(lambda: len(inbox.came) == 3)
    events = [Verifier(webhook["secret"]).verify(body, headers) for headers, body in inbox.came[1:]]
    assert [(one["subject"], one["type"]) for one in events] == [(missed, "order.received"), (missed, "order.released")]
    assert events[0]["data"]["order"]["partner"] == "heron"
    assert patch(served, path, {"enabled": False}).json["disabled_why"] == "on request"


@pytest.mark.parametrize(
    "body", [None, [], {}, {"enabled": None}, {"enabled": "perhaps"}, {"url": "http://10.0.0.7/"}, {"partner": "a"}]
)
def test_a_change_of_another_form_is_a_problem(served: Served, made: Callable[..., Any], body: Any) -> None:
    assert is_problem(patch(served, f"/v1/webhooks/{made()['id']}", body), 422)
    assert is_problem(patch(served, "/v1/webhooks/whk_none", {"enabled": True}), 404)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.7/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/",
        "https://someone:secret@example.com/",
        "ftp://example.com/",
        "no url at all",
        "",
    ],
)
def test_nothing_is_sent_inwards(served: Served, url: str) -> None:
    answer = post(served, "/v1/webhooks", {"url": url})
    assert is_problem(answer, 422)
    assert answer.json["parameter"] == "url"
    assert not url or url.encode() not in answer.raw


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"url": 7},
        {"url": "https://example.com/", "types": ["order.eaten"]},
        {"url": "https://example.com/", "include": ["secrets"]},
        {"url": "https://example.com/", "after": -1},
        {"url": "https://example.com/", "colour": "red"},
    ],
)
def test_a_body_of_another_form_is_a_problem(served: Served, body: Any) -> None:
    answer: Answer = post(served, "/v1/webhooks", body)
    assert is_problem(answer, 422)
    assert b"eaten" not in answer.raw
    assert b"red" not in answer.raw


@pytest.mark.parametrize("body", [{}, {"dead": False}, {"dead": True, "event": "evt_1"}])
def test_a_replay_is_of_one_thing(served: Served, made: Callable[..., Any], body: Any) -> None:
    webhook = made()
    assert is_problem(post(served, f"/v1/webhooks/{webhook['id']}/replay", body), 422)
    unknown = post(served, f"/v1/webhooks/{webhook['id']}/replay", {"event": "evt_none\x00"})
    assert is_problem(unknown, 404)
    assert "evt_none" not in json.dumps(unknown.json)
