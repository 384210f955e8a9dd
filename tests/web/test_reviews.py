"""The review queue over HTTP: from the list to the decision, undone and refused; a server that is killed in between."""

import asyncio
import itertools
import json
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dq_service.engine.proof import overlaid
from tests.databases import Server
from tests.web.crashes import Killed
from tests.web.served import Answer, Served, is_problem

numbers = itertools.count(1)
MEND = {"ship_to.address.line1": "14205 Ida Street"}
BAD = {"ship_to.address.line1": "Ida Street"}
MANY = 12


def waiting(served: Served, partner: str = "heron") -> tuple[str, str]:
    """A new order that waits for a person: its id, and its item's."""
    number = next(numbers)
    laid = {
        "order_id": f"H-{number:04}", "partner": partner, "ship_to.name": f"Quinn {chr(64 + number)}strand",
        "ship_to.phone": f"+1402538{3000 + number}", "ship_to.address.line1": "Ida Street",
    }  # fmt: skip
    kept = served.ask("POST", "/v1/orders", json.dumps(overlaid(laid)).encode())
    assert kept.json["action"] == "hold"
    return kept.json["id"], kept.json["hold"]["review_id"]


def post(served: Served, path: str, **body: Any) -> Answer:
    return served.ask("POST", f"/v1/reviews{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})


def test_an_item_is_listed_claimed_decided_and_undone(served: Served) -> None:
    order_id, review = waiting(served)
    listed = served.ask("GET", "/v1/reviews?partner=heron&state=held&limit=200").json
    assert review in [item["id"] for item in listed["reviews"]]
    assert listed["total"] >= 1
    assert {choice["value"] for choice in listed["facets"]["partner"]} >= {"heron"}
    claimed = post(served, f"/{review}/claim", by="ann")
    assert (claimed.status, claimed.json["claim"]["by"], claimed.json["claim"]["free_in"]) == (200, "ann", 300)
    other = post(served, f"/{review}/claim", by="ben")
    assert is_problem(other, 409)
    assert (other.json["reason"], other.json["by"]) == ("claimed", "ann")
    assert served.ask("GET", "/v1/reviews?partner=heron").json["others"]["claimed"] >= 1
    shown = post(served, f"/{review}/preview", changes=MEND)
    assert (shown.json["verdict"], shown.json["action"]) == ("clean", "release")
    refused = post(served, f"/{review}/decide", decision="edit", revision=1, changes=MEND, by="ben")
    assert (refused.status, refused.json["reason"]) == (409, "claimed")
    made = post(served, f"/{review}/decide", decision="edit", revision=1, changes=MEND, by="ann")
    assert (made.status, made.json["decision"]["state"]) == (200, "pending")
    assert is_problem(post(served, f"/{review}/claim", by="ben"), 409)
    undone = post(served, f"/{review}/undo", by="ann")
    assert (undone.json["decision"]["state"], undone.json["recalled"]) == ("undone", False)
    assert served.ask("GET", f"/v1/orders/{order_id}").json["lifecycle"] == "held"
    whole = served.ask("GET", f"/v1/reviews/{review}").json
    assert [one["state"] for one in whole["decisions"]] == ["undone"]
    assert whole["pending"] is None


def test_the_queue_is_read_page_by_page(served: Served) -> None:
    there = {waiting(served, "ibis")[1] for _ in range(5)}
    found: list[str] = []
    after = ""
    while True:
        page = served.ask("GET", f"/v1/reviews?partner=ibis&limit=2&counts=false&after={after}").json
        assert len(page["reviews"]) <= 2
        assert "facets" not in page
        found += [item["id"] for item in page["reviews"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert len(found) == 5
    assert set(found) == there
    given = {post(served, "/next", partner="ibis", by=f"r{number}").json["review"]["id"] for number in range(5)}
    assert given == there, "each of five reviewers gets another one"
    assert post(served, "/next", partner="ibis", by="r9").json["review"] is None


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/rev_none/claim", {}, 404),
        ("/rev_none/decide", {"decision": "release", "revision": 1, "reason": "x"}, 404),
        ("/rev_none/undo", {}, 404),
        ("/rev_none/comments", {"text": "x"}, 404),
        ("/rev_none/assign", {"to": "me"}, 404),
        ("/{}/assign", {"to": "nobody at all"}, 404),
        ("/{}/decide", {"decision": "release", "revision": 1}, 422),
        ("/{}/decide", {"decision": "edit", "revision": 2, "changes": MEND}, 412),
        ("/{}/decide", {"decision": "edit", "revision": 1, "changes": {"a..b": 1}}, 422),
        ("/{}/decide", {"decision": "burn", "revision": 1}, 422),
        ("/{}/decide", {"decision": "edit", "revision": 1, "changes": {"ship_to.name": float("nan")}}, 422),
        ("/{}/preview", {"changes": {"items[9].sku": "X"}}, 404),
    ],
)
def test_what_cannot_be_done_is_a_problem(served: Served, path: str, body: Any, status: int) -> None:
    _, review = waiting(served)
    assert is_problem(post(served, path.format(review), **body), status)
    whole = served.ask("GET", f"/v1/reviews/{review}").json
    assert whole["decisions"] == []


def test_a_cursor_that_no_page_told_is_refused(served: Served) -> None:
    for after in ("x", "nan~ord_1", "0x1p9999~ord_1", "~"):
        assert is_problem(served.ask("GET", f"/v1/reviews?after={after}"), 400)


def test_views_are_kept_by_name(served: Served) -> None:
    body = json.dumps({"partner": "heron", "q": "ida street"}).encode()
    headers = {"Content-Type": "application/json"}
    assert served.ask("PUT", "/v1/reviews/views/mine", body, headers).status == 204
    told = served.ask("GET", "/v1/reviews/views").json
    assert {"name": "mine", "query": {"partner": "heron", "q": "ida street"}} in told["views"]
    assert "refuse" in told["reasons"]
    assert served.ask("DELETE", "/v1/reviews/views/mine").status == 204
    assert is_problem(served.ask("DELETE", "/v1/reviews/views/mine"), 404)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_decisions_outlive_a_server_that_is_killed(
    request: pytest.FixtureRequest, tmp_path: Path, dialect: str
) -> None:
    variables = {"DQ_DECISION_DELAY": "2"}
    if dialect == "postgresql":
        postgresql: Server = request.getfixturevalue("postgresql")
        postgresql.run("CREATE DATABASE killed_reviews TEMPLATE template_dq STRATEGY file_copy")
        variables["DQ_DATABASE_URL"] = postgresql.url("killed_reviews")
    server = Killed(tmp_path / "data", variables)

    def ask(http: httpx2.Client, method: str, path: str, body: Any = None) -> Any:
        answer = http.request(method, path, json=body)
        assert answer.status_code < 400, answer.text
        return answer.json()

    server.start()
    asyncio.run(server.ready())
    with httpx2.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=30) as http:
        ids = []
        for number in range(MANY):
            laid = {"order_id": f"K-{number}", "ship_to.phone": f"+14025384{number:03}",
                    "ship_to.name": f"Quinn {chr(65 + number)}lberg", **BAD}  # fmt: skip
            kept = ask(http, "POST", "/v1/orders", overlaid(laid))
            ids.append(kept["id"])
            review = kept["hold"]["review_id"]
            ask(http, "POST", f"/v1/reviews/{review}/decide", {"decision": "edit", "revision": 1, "changes": MEND})
            if number < 2:
                ask(http, "POST", f"/v1/reviews/{review}/undo")
    server.kill()
    server.start()
    asyncio.run(server.ready())
    with httpx2.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=30) as http:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            stand = [ask(http, "GET", f"/v1/orders/{id_}")["lifecycle"] for id_ in ids]
            if stand.count("held") == 2:
                break
            time.sleep(0.2)
        events = ask(http, "GET", "/v1/events?after=0&limit=500")["events"]
    server.end()
    assert stand == ["held"] * 2 + ["released"] * (MANY - 2)
    decided = [event["subject"] for event in events if event["type"] == "review.decided"]
    assert sorted(decided) == sorted(ids[2:]), "each once"
