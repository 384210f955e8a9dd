"""Keeping over HTTP: exactly once, looked up, called off, acknowledged, taken back; and each refusal."""

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any
from unittest.mock import MagicMock
from urllib.parse import quote, urlencode

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from dq_service.engine.proof import overlaid
from dq_service.service.access import LOCAL
from dq_service.store import orders as stored
from dq_service.web.api.orders import kept_orders
from dq_service.web.api.problem import Guard
from tests.web.served import Answer, Served, is_problem

numbers = count(1)


def order(**changes: Any) -> dict[str, Any]:
    """A new order that nothing is wrong with, with values laid over it by their paths (`__` for a dot)."""
    number = next(numbers)
    laid = {name.replace("__", "."): value for name, value in changes.items()}
    name = f"Quinn {chr(65 + number % 26)}{chr(97 + number // 26 % 26)}strand"
    phone = f"+1402538{2000 + number:04d}"
    return overlaid(
        {"order_id": f"Q-{number:05d}", "partner": "quill", "ship_to.name": name, "ship_to.phone": phone, **laid}
    )


def keep(served: Served, body: Any, query: str = "", **headers: str) -> Answer:
    """An order that is to be kept."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return served.ask(
        "POST", f"/v1/orders{query}", sent, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def post(served: Served, path: str, body: Any = None, **headers: str) -> Answer:
    """A call with JSON."""
    given = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return served.ask("POST", path, None if body is None else json.dumps(body).encode(), given)


def test_a_new_order_is_kept_and_found_again(served: Served) -> None:
    sent = order(ship_to__address__city="Omhaa")
    kept = keep(served, sent)
    assert kept.status == 201
    result = kept.json
    assert result["id"].startswith("ord_")
    assert (result["revision"], result["verdict"], result["action"]) == (1, "repaired", "release")
    assert result["publication"].keys() == {"rulebook", "partners", "profiles"}
    assert kept.headers["etag"] == '"1"'
    by_id = served.ask("GET", kept.headers["location"])
    assert by_id.status == 200
    assert by_id.json.items() >= result.items()
    assert by_id.json["lifecycle"] == "released"
    named = served.ask("GET", f"/v1/partners/quill/orders/{sent['order_id']}")
    assert named.json == by_id.json


def test_the_same_body_again_is_a_repeat(served: Served) -> None:
    sent = order()
    first = keep(served, sent)
    again = keep(served, json.dumps(dict(reversed(sent.items())), indent=3).encode())
    assert again.status == 200
    assert again.headers["idempotent-replay"] == "true"
    assert again.raw == first.raw
    assert "idempotent-replay" not in first.headers


def test_a_changed_body_is_a_new_revision_and_an_older_one_is_not(served: Served) -> None:
    sent = order(source={"version": "7"})
    first = keep(served, sent)
    newer = {**sent, "instructions": "Leave it with the neighbour at 14207", "source": {"version": "8"}}
    changed = keep(served, newer)
    assert (changed.status, changed.json["revision"]) == (200, 2)
    assert changed.json["id"] == first.json["id"]
    assert "idempotent-replay" not in changed.headers
    stale = keep(served, {**sent, "instructions": "Ring twice", "source": {"version": "6"}})
    assert (stale.status, stale.json["revision"]) == (200, 2)
    assert stale.json["order"]["instructions"] == newer["instructions"]


@pytest.mark.parametrize(
    "raw",
    [b"[1, 2]", b"not json at all", b'{"order_id": "A", "order_id": "B"}', b"\xff\xfe\x00", b"", b"7"],
    ids=["a list", "no JSON", "a key twice", "no UTF-8", "nothing", "a number"],
)
def test_what_is_no_order_is_kept_too(served: Served, raw: bytes) -> None:
    kept = keep(served, raw, "?partner=quill")
    assert kept.status in (200, 201)  # the server of a session has had these bytes once, of each worker's test
    assert kept.json["verdict"] == "rejected"
    again = keep(served, raw, "?partner=quill")
    assert (again.status, again.json["id"]) == (200, kept.json["id"])
    assert served.ask("GET", f"/v1/orders/{kept.json['id']}").json["lifecycle"] == "refused"


def test_one_order_of_many_shops_and_shipments(served: Served) -> None:
    sent = order()
    ids = {
        keep(served, {**sent, **more}).json["id"]
        for more in ({}, {"account": "shop-1"}, {"account": "shop-2"}, {"shipment_id": "2"})
    }
    assert len(ids) == 4
    found = served.ask("GET", f"/v1/partners/quill/orders/{sent['order_id']}?account=shop-2")
    assert found.json["order"]["account"] == "shop-2"


@pytest.mark.parametrize("partner", ["", "a/b", "a%2Fb", "a/orders/b", " ", "é"])
def test_an_order_of_any_partner_is_found(served: Served, partner: str) -> None:
    sent = order(partner=partner, account="shop/1")
    kept = keep(served, sent).json
    path = f"/v1/partners/{quote(partner, safe='')}/orders/{sent['order_id']}?account=shop/1"
    assert served.ask("GET", path).json["id"] == kept["id"]
    names = urlencode({"partner": partner, "received_id": sent["order_id"], "account": "shop/1"})
    (found,) = served.ask("GET", f"/v1/orders?{names}").json["orders"]
    assert (found["id"], found["partner"]) == (kept["id"], partner)
    assert served.ask("GET", f"/v1/orders?{names}&shipment_id=2").json["orders"] == []
    assert served.ask("GET", f"/v1/orders?{names}&lifecycle=held").json["orders"] == []


def test_the_partner_that_the_caller_names_wins(served: Served) -> None:
    sent = order()
    kept = keep(served, sent, "?partner=raven").json
    assert kept["partner"] == "raven"
    assert served.ask("GET", f"/v1/partners/raven/orders/{sent['order_id']}").json["id"] == kept["id"]
    assert served.ask("GET", f"/v1/partners/quill/orders/{sent['order_id']}").status == 404


def test_an_idempotency_key_stands_for_one_body(served: Served) -> None:
    sent, key = order(), f'"key-{next(numbers)}"'
    first = keep(served, sent, Idempotency_Key=key)
    assert first.status == 201
    again = keep(served, sent, Idempotency_Key=key.strip('"'))
    assert (again.status, again.headers["idempotent-replay"]) == (200, "true")
    other = keep(served, order(), Idempotency_Key=key)
    assert is_problem(other, 422)
    assert sent["order_id"] not in other.raw.decode()


@pytest.mark.parametrize("key", ["", " ", "a b", "\xe9", "x" * 256])
def test_an_idempotency_key_that_is_none(served: Served, key: str) -> None:
    assert is_problem(keep(served, order(), Idempotency_Key=key), 400)


def test_many_at_once_are_kept_once_each(served: Served) -> None:
    bodies = [order() for _ in range(24)]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda body: keep(served, body), [*bodies, *bodies, *bodies]))
    assert {answer.status for answer in answers} == {200, 201}
    assert sum(answer.status == 201 for answer in answers) == len(bodies)
    assert len({answer.json["id"] for answer in answers}) == len(bodies)


def test_if_match_keeps_an_older_sight_of_the_order_from_changing_it(served: Served) -> None:
    sent = order()
    kept = keep(served, sent).json
    keep(served, {**sent, "instructions": "Leave it with the neighbour at 14207"})
    path = f"/v1/orders/{kept['id']}/cancel"
    assert is_problem(post(served, path, If_Match='"1"'), 412)
    for wrong in ("one", '"1" "2"', '"1', "*, *", '"2", *', ","):
        assert is_problem(post(served, path, If_Match=wrong), 400)
    for other in ('W/"2"', '"02"', '"1", W/"2", "x,y"', '""', '"1","3"'):
        assert is_problem(post(served, path, If_Match=other), 412)
    assert post(served, path, If_Match=' "1" ,, "2"').status == 200


def test_any_revision_will_do_but_there_must_be_one(served: Served) -> None:
    sent = order()
    for wanted in ("*", '"1"'):
        assert is_problem(keep(served, sent, If_Match=wanted), 412)
    assert served.ask("GET", f"/v1/partners/quill/orders/{sent['order_id']}").status == 404
    kept = keep(served, sent)
    assert keep(served, {**sent, "instructions": "Ring twice"}, If_Match="*").status == 200
    assert post(served, f"{kept.headers['location']}/cancel", If_Match="*").status == 200
    assert is_problem(post(served, "/v1/orders/ord_none/cancel", If_Match="*"), 404)


def test_a_cancel_wins_and_stays(served: Served) -> None:
    sent = order()
    kept = keep(served, sent).json
    gone = post(served, f"/v1/orders/{kept['id']}/cancel", {"by": "dana", "reason": "the customer called"})
    assert (gone.status, gone.json["lifecycle"]) == (200, "cancelled")
    assert post(served, f"/v1/orders/{kept['id']}/cancel").json["lifecycle"] == "cancelled"
    later = keep(served, {**sent, "instructions": "Please hurry"})
    assert later.status == 200
    assert served.ask("GET", f"/v1/orders/{kept['id']}").json["lifecycle"] == "cancelled"


def test_what_a_destination_has_frozen_is_not_changed_any_more(served: Served) -> None:
    sent = order()
    kept = keep(served, sent).json
    path = f"/v1/orders/{kept['id']}"
    assert is_problem(post(served, f"{path}/acknowledge", {"revision": 2}), 412)
    frozen = post(served, f"{path}/acknowledge", {"revision": 1, "by": "depot", "frozen": True})
    assert (frozen.json["lifecycle"], frozen.json["acknowledged"]["by"]) == ("frozen", "depot")
    assert is_problem(post(served, f"{path}/cancel"), 409)
    offered = keep(served, {**sent, "instructions": "Please hurry"})
    assert (offered.status, offered.json["revision"]) == (200, 1)


def test_a_repair_is_in_the_receipt_and_can_be_taken_back(served: Served) -> None:
    sent = order(ship_to__address__city="Omhaa")
    kept = keep(served, sent).json
    path = f"/v1/orders/{kept['id']}"
    receipt = served.ask("GET", f"{path}/receipt").json
    (change,) = receipt["changes"]
    assert (change["before"], change["after"], change["who"]) == ("Omhaa", "Omaha", "machine")
    assert receipt["received"] == sent
    assert is_problem(post(served, f"{path}/revert", {}), 422)
    assert is_problem(post(served, f"{path}/revert", {"change": "chg_none"}), 404)
    back = post(served, f"{path}/revert", {"change": change["id"], "by": "dana"})
    assert (back.status, back.json["revision"]) == (200, 2)
    assert back.json["order"]["ship_to"]["address"]["city"] == "Omhaa"
    assert back.json["lifecycle"] == "released"
    assert served.ask("GET", f"{path}/receipt").json["patch"] == []


def test_all_of_the_machine_is_taken_back(served: Served) -> None:
    sent = order(ship_to__address__city="Omhaa", ship_to__name="  Quinn   Astrand ")
    kept = keep(served, sent).json
    assert len(kept["repairs"]) == 2
    back = post(served, f"/v1/orders/{kept['id']}/revert", {"machine": True, "by": "dana"})
    assert back.json["order"] == sent


@pytest.mark.parametrize(
    "path", ["/v1/orders/ord_none", "/v1/orders/ord_none/receipt", "/v1/partners/quill/orders/none"]
)
def test_what_there_is_not(served: Served, path: str) -> None:
    assert is_problem(served.ask("GET", path), 404)


def test_the_list_goes_on_from_page_to_page(served: Served) -> None:
    ids = [keep(served, order(partner="dunnock")).json["id"] for _ in range(7)]
    found, after, pages = [], "", 0
    while True:
        page = served.ask("GET", f"/v1/orders?partner=dunnock&limit=3&after={after}").json
        found += [one["id"] for one in page["orders"]]
        pages += 1
        if page["next"] is None:
            break
        after = page["next"]
    assert sorted(found) == sorted(ids)
    assert pages == 3
    since = served.ask("GET", "/v1/orders?partner=dunnock&changed_since=2099-01-01T00:00:00Z").json
    assert (since["orders"], since["next"]) == ([], None)
    assert served.ask("GET", f"/v1/orders?partner=dunnock&after={page['cursor']}").json["orders"] == []
    new = keep(served, order(partner="dunnock")).json["id"]
    post(served, f"/v1/orders/{ids[0]}/cancel")
    later = served.ask("GET", f"/v1/orders?partner=dunnock&after={page['cursor']}").json
    assert [one["id"] for one in later["orders"]] == [new, ids[0]]
    since = served.ask("GET", f"/v1/orders?partner=dunnock&changed_since={later['orders'][0]['changed_at']}").json
    assert {one["id"] for one in since["orders"]} >= {new, ids[0]}
    held = served.ask("GET", "/v1/orders?partner=dunnock&lifecycle=held").json
    assert held["orders"] == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("after=nowhere", 400),
        ("after=1e3", 400),
        ("after=9999999999999999999", 400),
        ("account=shop-1", 422),
        ("limit=0", 422),
        ("lifecycle=lost", 422),
        ("changed_since=2026-12-01T10:00:00", 422),
        ("changed_since=0001-01-01T00:00:00%2B14:00", 422),
        ("changed_since=9999-12-31T23:59:59-14:00", 422),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(served: Served, query: str, status: int) -> None:
    assert is_problem(served.ask("GET", f"/v1/orders?{query}"), status)


def test_orders_are_looked_at_again_without_being_changed(served: Served) -> None:
    held = keep(served, order(partner="dunlin", ship_to__address={}))
    assert held.json["action"] == "hold"
    dry = post(served, "/v1/rechecks", {"dry_run": True, "partner": "dunlin"})
    assert dry.json == {"dry_run": True, "checked": 1, "changed": [], "next": None}
    assert post(served, "/v1/rechecks", {"dry_run": False, "partner": "dunlin", "limit": 1}).json["checked"] == 1
    assert is_problem(post(served, "/v1/rechecks", {"after": "nowhere"}), 400)


def test_a_recheck_without_a_body_is_one_with_all_defaults(served: Served) -> None:
    found = served.ask("POST", "/v1/rechecks")
    assert (found.status, found.json["dry_run"]) == (200, False)


def test_a_fault_of_ours_is_no_fault_of_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ValueError("a row that cannot be read")

    monkeypatch.setattr(stored, "page", broken)
    app = FastAPI()
    app.include_router(kept_orders(lambda: MagicMock()))
    app.add_middleware(Guard)

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"caller": LOCAL}}, receive, send)

    client = TestClient(inside)
    assert client.get("/v1/orders?after=7").status_code == 500
    assert client.post("/v1/rechecks").status_code == 500


@pytest.mark.parametrize(
    ("call", "body", "wrong"),
    [
        ("orders/ord_none/acknowledge", {}, [{"in": "body.revision", "wanted": "missing"}]),
        ("orders/ord_none/acknowledge", None, [{"in": "body", "wanted": "missing"}]),
        ("orders/ord_none/cancel", {"by": 77123}, [{"in": "body.by", "wanted": "string_type"}]),
        ("orders/ord_none/cancel", {"s3cret": 77123}, []),
        ("orders/ord_none/revert", {"machine": "s3cret"}, [{"in": "body.machine", "wanted": "bool_parsing"}]),
        ("rechecks", {"limit": 77123, "s3cret": 1}, [{"in": "body.limit", "wanted": "less_than_equal"}]),
    ],
)
def test_a_wrong_field_is_named_where_it_is_ours(served: Served, call: str, body: Any, wrong: Any) -> None:
    refused = post(served, f"/v1/{call}", body)
    assert is_problem(refused, 422)
    assert refused.json["errors"] == wrong
    assert b"s3cret" not in refused.raw
    assert b"77123" not in refused.raw


def test_a_revision_that_is_not_ours_is_not_repeated(served: Served) -> None:
    path = f"/v1/orders/{keep(served, order()).json['id']}"
    for refused in (
        post(served, f"{path}/acknowledge", {"revision": 999999}),
        post(served, f"{path}/cancel", If_Match='"999999"'),
    ):
        assert is_problem(refused, 412)
        assert b"999999" not in refused.raw


@pytest.mark.parametrize("path", ["", "/check", "/batch", "/batch?keep=false"])
def test_what_is_encoded_is_sent_back_before_anything_is_kept(served: Served, path: str) -> None:
    sent = order()
    body = json.dumps(sent).encode()  # plain all the same: what is kept of it would be found by its name
    for coding in ("gzip", "identity, br"):
        refused = keep(served, body, path, Content_Encoding=coding)
        assert is_problem(refused, 415)
        assert "send it plain" in refused.json["detail"]
        assert refused.headers["accept-encoding"] == "identity"
    assert served.ask("GET", f"/v1/partners/quill/orders/{sent['order_id']}").status == 404
    assert keep(served, body, path, Content_Encoding="Identity").status in (200, 201)


# --- streams ---------------------------------------------------------------------------------------------------------


def lines(answer: Answer) -> list[Any]:
    """The lines of an answer."""
    return [json.loads(line) for line in answer.raw.splitlines()]


def test_a_batch_answers_line_by_line(served: Served) -> None:
    bodies = [order() for _ in range(200)]
    text = b"\n".join(json.dumps(body).encode() for body in bodies) + b"\n\n" + b'{"cut": \n' + b"[]\n"
    answer = served.ask("POST", "/v1/orders/batch?partner=quill", text)
    assert answer.status == 200
    found = lines(answer)
    assert [one["line"] for one in found] == [*range(1, 201), 202, 203]
    assert [one["received_id"] for one in found[:200]] == [body["order_id"] for body in bodies]
    assert [one["verdict"] for one in found[200:]] == ["rejected", "rejected"]
    assert all(one["id"] for one in found)
    again = lines(served.ask("POST", "/v1/orders/batch?partner=quill", text))
    assert [one["id"] for one in again] == [one["id"] for one in found]


def test_a_batch_that_keeps_nothing(served: Served) -> None:
    body = order()
    (found,) = lines(served.ask("POST", "/v1/orders/batch?keep=false", json.dumps(body).encode()))
    assert (found["id"], found["line"], found["verdict"]) == (None, 1, "clean")
    assert served.ask("GET", f"/v1/partners/quill/orders/{body['order_id']}").status == 404


def test_backfill_bothers_nobody(served: Served) -> None:
    body = order(ship_to__address={})
    (found,) = lines(served.ask("POST", "/v1/orders/batch?mode=backfill", json.dumps(body).encode()))
    assert served.ask("GET", f"/v1/orders/{found['id']}").json["lifecycle"] == "closed"
    assert found["hold"] is None


def test_a_line_that_is_too_long_fails_alone(served: Served) -> None:
    fine = json.dumps(order()).encode()
    long = json.dumps({**order(), "note": "x" * 2**20}).encode()
    found = lines(served.ask("POST", "/v1/orders/batch", b"\n".join((fine, long, fine))))
    assert [one["line"] for one in found] == [1, 2, 3]
    assert found[1]["status"] == 413
    assert found[0]["id"] == found[2]["id"]


def test_a_batch_is_answered_while_it_is_sent(served: Served) -> None:
    bodies = [json.dumps(order()).encode() + b"\n" for _ in range(80)]
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    connection.putrequest("POST", "/v1/orders/batch")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()

    def send(some: Iterator[bytes] | list[bytes]) -> None:
        for body in some:
            connection.send(b"%x\r\n%s\r\n" % (len(body), body))

    send(bodies[:79])
    answer = connection.response_class(connection.sock, method="POST")
    answer.begin()
    first = json.loads(answer.readline())  # before the last line is sent
    assert first["line"] == 1
    send([bodies[79], b""])
    assert [json.loads(line)["line"] for line in answer] == list(range(2, 81))
    connection.close()


@pytest.mark.parametrize("query", ["", "?keep=false"])
def test_a_sender_may_wait_for_the_answer_to_a_line_before_the_next(served: Served, query: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    connection.putrequest("POST", f"/v1/orders/batch{query}")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    answer = connection.response_class(connection.sock, method="POST")
    for number in range(1, 4):
        line = json.dumps(order()).encode() + b"\n"
        connection.send(b"%x\r\n%s\r\n" % (len(line), line))
        if number == 1:
            answer.begin()
        assert json.loads(answer.readline())["line"] == number
    connection.send(b"0\r\n\r\n")
    assert answer.read() == b""
    connection.close()


@pytest.mark.parametrize("query", ["keep=perhaps", "mode=forward"])
def test_a_batch_that_wants_what_there_is_not(served: Served, query: str) -> None:
    assert is_problem(served.ask("POST", f"/v1/orders/batch?{query}", b""), 400)


def test_an_empty_batch(served: Served) -> None:
    answer = served.ask("POST", "/v1/orders/batch", b"")
    assert (answer.status, answer.raw) == (200, b"")
