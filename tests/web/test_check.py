"""`POST /v1/orders/check`, over HTTP."""

import json
from typing import Any

import pytest

from tests.web.served import Served, is_problem

ORDER: dict[str, Any] = {
    "order_id": "TERN-1001",
    "ship_to": {
        "name": "Aisha Martinez",
        "phone": "+14025385759",
        "address": {
            "line1": "14205 Ida Street",
            "city": "Omaha ",
            "state": "NE",
            "postal_code": "68142",
            "country": "US",
        },
    },
}


def test_answers_an_order_with_its_result(served: Served) -> None:
    answer = served.check(ORDER)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    result = answer.json
    assert result["received_id"] == result["order_id"] == "TERN-1001"
    assert result["order"]["ship_to"]["address"]["city"] == "Omaha"
    assert result["repairs"][0]["changes"] == [{"field": "ship_to.address.city", "before": "Omaha ", "after": "Omaha"}]
    assert result["evaluated"]["complete"] is True


@pytest.mark.parametrize("document", [[], "text", 17, None, True, [ORDER]], ids=repr)
def test_json_that_is_no_object_is_rejected(served: Served, document: Any) -> None:
    answer = served.check(document)
    assert answer.status == 200
    assert answer.json["verdict"] == "rejected"
    assert answer.json["order"] is None
    assert len(answer.json["findings"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"order_id": "a", "order_id": "b"}', "order_id"),
        (b'{"ship_to": {"address": {"city": "a", "state": "NE", "city": "b"}}}', "ship_to.address.city"),
        (b'{"items": [{"sku": "a"}, {"sku": "a", "sku": "b"}]}', "items[1].sku"),
        (b'{"of_our_own": 1, "of_our_own": 2}', "order_id"),
    ],
)
def test_equal_keys_are_a_finding_at_their_field(served: Served, body: bytes, field: str) -> None:
    answer = served.check(body)
    assert answer.status == 200
    assert answer.json["verdict"] == "rejected"
    assert [finding["field"] for finding in answer.json["findings"]] == [field]
    assert "twice" in answer.json["findings"][0]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b'{"order_id": ',
        b"{'order_id': 1}",
        b'{"order_id": NaN}',
        b'{"order_id": -Infinity}',
        b'{"order_id": "\xff"}',
        b'{"order_id": "a\x00b"}',
        b"{} {}",
        json.dumps(ORDER).encode("utf-16"),
        b"order_id=TERN-1001",
        b"[" * 2000,
        b'{"a":' * 2000 + b'"}]"',
    ],
    ids=lambda body: repr(body[:30]),
)
def test_bytes_that_are_no_json_are_a_problem(served: Served, body: bytes) -> None:
    answer = served.check(body)
    assert is_problem(answer, 400)
    assert b"TERN" not in answer.raw


@pytest.mark.parametrize(
    "body",
    [
        b'{"totals": {"total": 1e999}}',
        b'{"order_id": "\\ud800"}',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b'{"totals": {"total": ' + b"9" * 5000 + b"}}",
    ],
    ids=["1e999", "half a character", "deep", "500 deep", "5000 digits"],
)
def test_json_that_cannot_be_read_exactly_is_rejected(served: Served, body: bytes) -> None:
    answer = served.check(body)
    assert answer.status == 200
    assert answer.json["verdict"] == "rejected"


@pytest.mark.parametrize("kind", ["", "application/json", "text/plain", "application/x-www-form-urlencoded", "x/\xff"])
def test_the_bytes_decide_not_the_content_type(served: Served, kind: str) -> None:
    assert served.check(ORDER, content_type=kind).json["received_id"] == "TERN-1001"


def test_a_byte_order_mark_is_read_over(served: Served) -> None:
    assert served.check(b"\xef\xbb\xbf" + json.dumps(ORDER).encode()).json["received_id"] == "TERN-1001"


@pytest.mark.parametrize(
    ("named", "query", "partner"),
    [
        ("", "", ""),
        ("tern", "", "tern"),
        ("", "?partner=tern", "tern"),
        ("gull", "?partner=tern", "tern"),
        ("tern", "?partner=", "tern"),
        ("gull", "", "gull"),
    ],
)
def test_the_query_names_the_partner_else_the_order(served: Served, named: str, query: str, partner: str) -> None:
    result = served.check({**ORDER, "partner": named}, query).json
    assert result["partner"] == partner
    in_shadow = partner == "tern"  # as its file has it: nothing is applied
    assert (result["order"] == {**ORDER, "partner": named}) is in_shadow


def test_an_unknown_partner_has_the_built_in_policy(served: Served) -> None:
    assert served.check([], "?partner=gull").json["action"] == "refuse"


@pytest.mark.parametrize("deadline", ["0", "1", "250", "60000", "99999999999999999999"])
def test_a_deadline_is_taken(served: Served, deadline: str) -> None:
    assert served.check(ORDER, X_Deadline_Ms=deadline).status == 200


@pytest.mark.parametrize("deadline", ["", "soon", "-1", "1.5", "1e3", "٣", "0x10"])
def test_a_deadline_that_is_no_number_is_a_problem_that_names_the_header(served: Served, deadline: str) -> None:
    answer = served.ask(
        "POST",
        "/v1/orders/check",
        json.dumps(ORDER).encode(),
        {"X-Deadline-Ms": deadline.encode()},  # type: ignore[dict-item]
    )
    assert is_problem(answer, 400)
    assert answer.json["header"] == "X-Deadline-Ms"
    assert "soon" not in answer.raw.decode()


def test_what_the_deadline_does_not_reach_is_not_evaluated(served: Served) -> None:
    many = {**ORDER, "items": [{"sku": f"  {number}\u00a0"} for number in range(8_000)]}
    result = served.check(many, X_Deadline_Ms="1").json
    assert result["evaluated"]["complete"] is False
    assert result["evaluated"]["missing"]
    assert {"not_evaluated"} <= {finding["outcome"] for finding in result["findings"]}


def test_other_methods_are_refused(served: Served) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = served.ask(method, "/v1/orders/check")
        assert is_problem(answer, 405), method
        assert answer.headers["allow"] == "POST"


def test_other_paths_are_not_there_and_not_repeated(served: Served) -> None:
    for path in ("/none", "/v1/orders/check/", "/v1/Orders/check", "/docs", "/redoc", "/<script>"):
        answer = served.ask("POST", path, b"{}")
        assert is_problem(answer, 404), path
        assert b"script" not in answer.raw
