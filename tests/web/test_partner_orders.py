"""A partner's own format over HTTP: one order as any other, several with one answer, and none ever lost."""

import json
from itertools import count
from typing import Any

from tests.web.served import Answer, Served, is_problem

numbers = count(1)


def payload(**changes: Any) -> dict[str, Any]:
    """A new order of a shop that nothing is wrong with."""
    number = next(numbers)
    person = {"first_name": "Quinn", "last_name": f"{chr(65 + number % 26)}{chr(97 + number // 26)}strand"}
    home = {"address_1": "14205 Ida Street", "city": "Omaha", "state": "NE", "postcode": "68142", "country": "US"}
    return {
        "id": 5000 + number,
        "number": str(5000 + number),
        "status": "processing",
        "date_created_gmt": "2026-11-30T15:12:00",
        "shipping": {**person, **home},
        "billing": {**person, **home, "phone": f"+1402538{3000 + number:04d}", "email": "quinn@example.com"},
        "line_items": [{"id": 1, "name": "Mug", "sku": "MUG-2210-K4", "quantity": 1, "price": 12}],
        **changes,
    }


def send(served: Served, body: Any, partner: str = "wren", **headers: str) -> Answer:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return served.ask("POST", f"/v1/partners/{partner}/orders", sent, given)


def test_one_order_is_answered_as_any_other(served: Served) -> None:
    sent = payload()
    kept = send(served, sent)
    assert (kept.status, kept.json["verdict"], kept.json["partner"]) == (201, "clean", "wren")
    assert kept.headers["etag"] == '"1"'
    assert kept.json["publication"]["profiles"] == 1
    order = kept.json["order"]
    assert order["items"][0]["sku"] == "MUG-2210-K4"
    assert order["source"]["profile"]["name"] == "woocommerce"
    found = served.ask("GET", f"/v1/partners/wren/orders/{sent['number']}")
    assert found.json["id"] == kept.json["id"]
    again = send(served, dict(reversed(sent.items())))
    assert (again.status, again.headers["idempotent-replay"], again.json["revision"]) == (200, "true", 1)


def test_a_newer_payload_is_merged_and_judged_again_without_the_profile(served: Served) -> None:
    sent = payload(date_modified_gmt="2026-11-30T16:00:00")
    first = send(served, sent).json
    newer = {**sent, "date_modified_gmt": "2026-11-30T17:00:00", "customer_note": "Leave with concierge"}
    second = send(served, newer)
    assert (second.status, second.json["id"], second.json["revision"]) == (200, first["id"], 2)
    assert second.json["order"]["instructions"] == "Leave with concierge"
    stale = send(served, {**newer, "date_modified_gmt": "2026-11-30T16:30:00", "customer_note": "?"})
    assert stale.json["revision"] == 2
    looked = served.ask(
        "POST", "/v1/rechecks", b'{"partner": "wren", "dry_run": true}', {"Content-Type": "application/json"}
    )
    assert looked.status == 200
    called_off = served.ask("POST", f"/v1/orders/{first['id']}/cancel")
    assert called_off.json["order"]["items"] == second.json["order"]["items"]


def test_what_the_profile_answers_for_is_not_the_partners(served: Served) -> None:
    causes = {
        one["field"]: one["cause"]
        for one in send(
            served,
            payload(status="on_a_drone", shipping={"first_name": "Quinn", "street": "1 Ida Street"}),
        ).json["findings"]
    }
    assert causes["status"] == "profile"
    assert causes["ship_to.address"] == "profile"  # the street stands in the payload, and nothing maps it
    causes = {one["field"]: one["cause"] for one in send(served, payload(shipping={})).json["findings"]}
    assert causes["ship_to.address"] == "partner"


def test_several_orders_have_an_answer_each(served: Served) -> None:
    two = [payload(), payload(line_items=[])]
    kept = send(served, two)
    assert kept.status == 201
    first, second = kept.json["results"]
    assert (first["status"], first["result"]["verdict"]) == (201, "clean")
    assert (second["status"], second["result"]["verdict"]) == (201, "review")
    assert served.ask("GET", first["location"]).json["id"] == first["result"]["id"]
    again = send(served, two)
    assert (again.status, again.headers["idempotent-replay"]) == (200, "true")
    assert [one["replay"] for one in again.json["results"]] == [True, True]
    more = send(served, [*two, payload()])
    assert [one["status"] for one in more.json["results"]] == [200, 200, 201]
    assert more.status == 201
    assert send(served, []).json == {"results": []}


def test_an_entry_that_is_no_order_is_kept_and_the_others_too(served: Served) -> None:
    kept = send(served, [payload(), 5, {"code": "gone", "data": {"n": next(numbers)}}])
    assert [one["result"]["verdict"] for one in kept.json["results"]] == ["clean", "rejected", "rejected"]
    told = [one["result"]["findings"][0]["message"] for one in kept.json["results"][1:]]
    assert told == ["it is JSON, but no object", "the profile finds no order in it"]


def test_what_cannot_be_mapped_is_kept_as_rejected(served: Served) -> None:
    for body in (b"{", b'{"error": "x"}', b"\xff", b""):
        kept = send(served, body)
        assert (kept.status in (200, 201), kept.json["verdict"], kept.json["action"]) == (True, "rejected", "refuse")
        assert kept.json["partner"] == "wren"


def test_a_table_is_a_payload_too(served: Served) -> None:
    number = next(numbers)
    table = f"Nr,Who,Code,Pieces\nR-{number},Ada Osei,A,2\nR-{number},Ada Osei,B,1\nS-{number},Bo Lind,A,1\n".encode()
    first, second = send(served, table, "plover").json["results"]
    assert [one["sku"] for one in first["result"]["order"]["items"]] == ["A", "B"]
    assert second["result"]["received_id"] == f"S-{number}"


def test_a_partner_without_a_profile_sends_orders_as_they_are(served: Served) -> None:
    for partner in ("tern", "somebody"):
        kept = send(served, {"order_id": f"TERN-{next(numbers):04}", "status": "created"}, partner)
        assert (kept.status, kept.json["partner"], kept.json["order"]["status"]) == (201, partner, "created")


def test_an_idempotency_key_stands_for_the_whole_payload(served: Served) -> None:
    two, key = [payload(), payload()], f"k-{next(numbers)}"
    assert send(served, two, Idempotency_Key=key).status == 201
    assert send(served, two, Idempotency_Key=key).headers["idempotent-replay"] == "true"
    assert is_problem(send(served, [*two, payload()], Idempotency_Key=key), 422)
    assert is_problem(send(served, payload(), Idempotency_Key=key), 422)
    one, key = payload(), f"k-{next(numbers)}"
    assert send(served, one, Idempotency_Key=key).status == 201
    assert is_problem(send(served, payload(), Idempotency_Key=key), 422)


def test_what_is_refused(served: Served) -> None:
    assert is_problem(send(served, [payload(), payload()], If_Match='"1"'), 400)
    assert is_problem(send(served, [{"id": n} for n in range(1001)]), 413)
    assert is_problem(send(served, b" " * (2**20 + 1)), 413)
    assert served.ask("GET", "/v1/partners/wren/orders").status == 405
    sent = payload()
    assert is_problem(send(served, sent, If_Match='"3"'), 412)
    assert send(served, sent).status == 201


def test_the_call_is_described(served: Served) -> None:
    described = served.ask("GET", "/openapi.json").json["paths"]["/v1/partners/{partner}/orders"]["post"]
    assert described["operationId"] == "keep_partner_orders"
    assert {"200", "201", "403", "413", "422"} <= described["responses"].keys()
