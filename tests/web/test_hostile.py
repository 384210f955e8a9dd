"""Bodies that mean harm: no fault of ours, no echo, no growth."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from dq_service.fields import ORDER, leaves, parse_path
from tests.web.served import Answer, Served, is_problem

MARK = "kingfisher"  # stands in every hostile body and must never stand in an error
WRONG: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**30,
    "",
    MARK,
    f"\u0000{MARK}\u202e",
    [],
    [MARK],
    {},
    {MARK: MARK},
]


def placed(path: str, value: Any) -> dict[str, Any]:
    """An order with one value at a path; list places are 0."""
    steps = [0 if step == "*" else step for step in parse_path(path)]
    for step in reversed(steps):
        value = [value] if step == 0 else {step: value}
    found: dict[str, Any] = value
    return found


def parents() -> list[str]:
    """Every object and list of the contract."""
    found = {path[: path.rindex(".")] for path, _ in leaves() if "." in path}
    found |= {path.removesuffix("[*]") for path in found} | {path.removesuffix("[*]") for path, _ in leaves()}
    return sorted(found | set(ORDER))


@pytest.mark.parametrize("path", sorted({path for path, _ in leaves()} | set(parents())))
def test_a_wrong_type_in_any_field_is_no_fault(served: Served, path: str) -> None:
    for value in WRONG:
        answer = served.check(placed(path, value))
        assert answer.status == 200, (path, value)
        assert answer.json["verdict"] != "rejected"
        assert not [finding for finding in answer.json["findings"] if finding["rule"] == "SYS001"], (path, value)


@pytest.mark.parametrize(
    "value",
    [MARK * 90_000, "1" * 900_000, " " * 900_000, "&amp;" * 180_000, "Ã¼" * 200_000, "(" * 900_000, "1 " * 450_000],
    ids=["words", "digits", "spaces", "entities", "mojibake", "brackets", "numbers"],
)
@pytest.mark.parametrize(
    "path", ["order_id", "ship_to.name", "ship_to.phone", "ship_to.email", "ship_to.address.line1", "instructions",
             "window.start", "items[*].sku", "ship_to.address.postal_code", "ship_to.address.city"]
)  # fmt: skip
def test_a_text_of_a_megabyte_is_answered(served: Served, path: str, value: str) -> None:
    """Within the client's patience: a reading whose time grows with the square of its text would run for hours."""
    assert served.check(placed(path, value)).status == 200


def test_a_body_over_the_limit_is_refused_before_it_is_read(served: Served) -> None:
    before = served.memory
    answer = served.check(b'{"order_id": "' + MARK.encode() + b"x" * 100_000_000 + b'"}')
    assert is_problem(answer, 413)
    assert answer.json["limit"] == 2**20
    assert MARK.encode() not in answer.raw
    assert served.memory - before < 20_000


def test_a_body_that_does_not_say_its_size_is_refused_on_the_way(served: Served) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(1600):
            yield b" " * 2**16

    before = served.memory
    assert is_problem(served.check(pieces()), 413)
    assert served.memory - before < 20_000


def test_a_body_in_pieces_is_read(served: Served) -> None:
    body = json.dumps({"order_id": "TERN-1", "instructions": "y" * 200_000}).encode()
    answer = served.check(body[start : start + 1000] for start in range(0, len(body), 1000))
    assert answer.json["received_id"] == "TERN-1"


@pytest.mark.parametrize("size", [2**20, 2**20 + 1])
def test_the_limit_is_exact(served: Served, size: int) -> None:
    body = b"{}" + b" " * (size - 2)
    for sent in (body, iter([body])):
        assert served.check(sent).status == (200 if size == 2**20 else 413)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /v1/orders/check HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
        b"POST /v1/orders/check HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{}",
        b"POST /v1/orders/check?partner=%ff%00%zz&partner=" + MARK.encode() + b" HTTP/1.1\r\nHost: x\r\n"
        b"Content-Length: 2\r\n\r\n{}",
        b"POST /v1/orders/check HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    ],
    ids=["version", "TLS", "negative length", "cut short", "query", "chunks"],
)
def test_broken_http_leaves_the_server_well(served: Served, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        said = connection.recv(65536)
    assert b" 500 " not in said[:20]
    assert served.ask("GET", "/livez").status == 200


def test_the_log_holds_nothing_of_the_orders(served: Served) -> None:
    served.check({"order_id": MARK, "ship_to": {"name": MARK}}, f"?partner={MARK}")
    served.check(f'{{"{MARK}'.encode())
    assert MARK not in served.log.read_text()


def test_nothing_is_left_behind_when_the_client_goes(served: Served) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", served.port), timeout=5) as connection:
            connection.sendall(b"POST /v1/orders/check HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")
    answer: Answer = served.ask("GET", "/readyz")
    assert answer.status == 200
    assert "Traceback" not in served.log.read_text()
