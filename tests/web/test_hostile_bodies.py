"""Hostile bodies to every call that takes one: no fault of ours, no echo, no growth.

Which calls there are is asked of the service's own description, so a new one is tried without being named here.
"""

import gzip
import json
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import pytest

from tests.web.served import Served, is_problem

MARK = "kingfisher"  # stands in every hostile body and must never stand in an error
M = MARK.encode()
SLOW = 1.0  # seconds; told, not asserted: the machine may be busy


def _bodies() -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    yield "blank", b" \r\n\t"
    for name, text in {
        "open brace": '{"%s',
        "open list": '["%s"',
        "a word": "%s",
        "a text": '"%s"',
        "a list": '["%s"]',
        "a list of lists": '[[["%s"]]]',
        "trailing comma": '{"%s": 1,}',
        "comment": '{"%s": 1} // more',
        "two documents": '{"%s": 1}{"%s": 2}',
        "single quotes": "{'%s': 1}",
        "no quotes": "{%s: 1}",
        "equal keys": '{"%s": 1, "%s": 2}',
        "NaN": '{"%s": NaN}',
        "infinity": '{"%s": -Infinity}',
        "a number too large": '{"%s": 1e999}',
        "a number too small": '{"%s": 1e-9999}',
        "leading zero": '{"%s": 007}',
        "hexadecimal": '{"%s": 0x1F}',
        "plus": '{"%s": +1}',
        "half a character": '{"%s": "\\ud800"}',
        "half a character as key": '{"%s\\udfff": 1}',
        "NUL escaped": '{"order_id": "%s\\u0000", "by": "\\u0000%s"}',
        "NUL as key": '{"\\u0000%s": 1}',
        "control characters": '{"order_id": "%s\x01\x02\x1b[31m"}',
        "bad escape": '{"%s": "\\x41"}',
        "prototype": '{"__proto__": {"%s": 1}, "constructor": {"prototype": {"%s": 1}}}',
        "reference": '{"$ref": "file:///etc/passwd#%s"}',
        "class": '{"__class__": "%s", "py/object": "os.system"}',
        "lookup": '{"order_id": "${jndi:ldap://127.0.0.1/%s}"}',
        "template": '{"order_id": "{{7*7}}%s", "by": "{%% debug %%}%s"}',
        "format": '{"order_id": "{0.__class__}%s", "by": "%%s%%n%%x"}',
        "query": '{"order_id": "%s\'; DROP TABLE orders; --", "partner": "\\" OR 1=1 --"}',
        "path": '{"partner": "../../../../etc/%s", "account": "..\\\\..\\\\%s"}',
        "markup": '{"order_id": "<script>alert(1)</script><img src=x onerror=%s>"}',
        "line breaks": '{"order_id": "%s\\r\\nSet-Cookie: a=b\\r\\n\\r\\n"}',
        "right to left": '{"order_id": "\\u202e%s\\u2066"}',
        "formula": '{"order_id": "=cmd|\' /C %s\'!A0"}',
        "wrong types": '{"order_id": {"%s": []}, "ship_to": 1, "items": "%s", "packages": {"a": 1}, "totals": []}',
        "a flag as id": '{"order_id": true, "partner": false, "%s": null}',
        "an order in an order": '{"ship_to": {"ship_to": {"ship_to": {"order_id": "%s"}}}}',
        "years": '{"placed_at": "99999-01-01T00:00:00Z", "window": {"start": "-0001-01-01", "end": "%s"}}',
        "zones": '{"placed_at": "2026-12-01T00:00:00+99:99", "respond_by": "9999-12-31T23:59:59-23:59", "x": "%s"}',
        "large counts": '{"items": [{"quantity": 1e308, "unit_price": -1e308, "sku": "%s"}]}',
        "large revision": '{"revision": 1000000000000000000000000000000, "by": "%s", "frozen": true}',
        "negative revision": '{"revision": -1, "by": "%s"}',
        "a revision of text": '{"revision": "%s"}',
        "both": '{"change": "%s", "machine": true}',
        "no flag": '{"machine": "%s"}',
        "more than is known": '{"by": "%s", "%s": {"%s": 1}}',
        "limit": '{"limit": -5, "after": "%s", "dry_run": "perhaps"}',
        "no cursor": '{"after": "%s", "limit": 1}',
        "metadata service": '{"url": "http://169.254.169.254/%s"}',
        "script as URL": '{"url": "javascript:%s"}',
        "file as URL": '{"url": "file:///etc/%s"}',
        "user in URL": '{"url": "https://%s:%s@example.com/"}',
        "URL of brackets": '{"url": "https://[::%s"}',
        "URL with port": '{"url": "https://example.com:99999/%s"}',
        "no such type": '{"url": "https://example.com", "types": ["%s"], "include": ["%s"]}',
        "event": '{"event": "evt_%s"}',
        "recipient": '{"phone": "%s", "email": "%s@@", "name": {"%s": 1}, "postal_code": []}',
        "form": "order_id=%s&by=%s&password=%s",
        "YAML": "&a [*a, *a]\n%s: !!python/object/apply:os.system [id]",
        "entities": '<!DOCTYPE a [<!ENTITY b "%s"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
        "EDI": "ISA*00*          *00*          *ZZ*%s~GS*SM~ST*204*0001~",
        "multipart": '--x\r\nContent-Disposition: form-data; name="%s"; filename="../%s"\r\n\r\n%s\r\n--x--',
    }.items():  # fmt: skip
        yield name, (text % ((MARK,) * text.replace("%%", "").count("%s"))).encode()
    yield "byte order mark", b'\xef\xbb\xbf{"' + M + b'": 1}'
    yield "UTF-16", json.dumps({MARK: MARK}).encode("utf-16")
    yield "UTF-32", json.dumps({MARK: MARK}).encode("utf-32")
    yield "Latin-1", b'{"' + M + b'": "caf\xe9"}'
    yield "overlong", b'{"' + M + b'": "\xc0\xaf"}'
    yield "NUL bytes", b"\x00" * 1000 + M
    yield "gzip", gzip.compress(M * 1000)
    yield "deep lists", b"[" * 100_000 + M
    yield "deep lists, a text that never ends", b"[" * 100_000 + b'"' + b'\\"' * 300_000
    yield "deep lists, closed", b"[" * 50_000 + b"]" * 50_000
    yield "deep objects", b'{"a":' * 50_000 + b'"' + M
    yield "deep objects, closed", b'{"' + M + b'":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001
    yield "long number", b'{"quantity": ' + b"9" * 200_000 + b', "' + M + b'": 1}'
    yield "long fraction", b'{"quantity": 0.' + b"3" * 200_000 + b', "' + M + b'": 1}'
    yield "long key", b'{"' + M * 20_000 + b'": 1}'
    yield "long text", b'{"order_id": "' + M * 90_000 + b'", "by": "' + M + b'"}'
    yield "many keys", json.dumps({f"{MARK}{number}": number for number in range(30_000)}).encode()
    yield "many items", json.dumps({"order_id": MARK, "items": [{"sku": MARK}] * 20_000}).encode()
    yield "many lines", b"\n" * 200_000 + M
    yield "escapes", b'{"order_id": "' + b"\\u006b" * 100_000 + M + b'"}'
    yield "too large", b'{"' + M + b'": "' + b"x" * 2**20 + b'"}'


BODIES = dict(_bodies())


@pytest.fixture(scope="module")
def calls(served: Served) -> list[tuple[str, str]]:
    """Every call that takes a body, with ids of things that are there, and of none."""
    order = json.dumps({"order_id": "TERN-6001", "partner": "tern"}).encode()
    order_id = served.ask("POST", "/v1/orders", order).json["id"]
    hook = json.dumps({"url": "http://127.0.0.1:9/hook", "types": ["order.recalled"]}).encode()
    made = served.ask("POST", "/v1/webhooks", hook, {"Content-Type": "application/json"})
    described: dict[str, Any] = served.ask("GET", "/openapi.json").json["paths"]
    found = []
    for path, methods in described.items():
        for method in methods:
            if method.upper() in ("POST", "PUT", "PATCH", "DELETE") and (method, path) != (
                "delete",
                "/v1/webhooks/{id}",
            ):
                there = made.json["id"] if "webhooks" in path else order_id
                partners = ("tern", "wren", "plover") if "{partner}" in path else ("tern",)
                named = [path.replace("{partner}", one).replace("{id}", there) for one in partners]
                found += [(method.upper(), one) for one in named]
                if "{id}" in path:
                    found.append((method.upper(), path.replace("{id}", f"ord_{MARK}")))
    return [*found, ("POST", "/login"), ("POST", "/password"), ("POST", "/logout")]


def test_there_are_enough_of_them(calls: list[tuple[str, str]]) -> None:
    assert len(BODIES) >= 60
    assert {"/v1/orders/check", "/v1/orders", "/v1/orders/batch", "/v1/rechecks", "/v1/webhooks"} <= {
        path for _, path in calls
    }


@pytest.mark.parametrize("name", BODIES)
def test_no_fault_and_no_echo(served: Served, calls: list[tuple[str, str]], name: str) -> None:
    body, slow = BODIES[name], []
    for method, path in calls:
        for kind in ("application/json", "application/x-www-form-urlencoded"):
            if kind != "application/json" and path.startswith("/v1"):
                continue
            begun = perf_counter()
            answer = served.ask(method, path, body, {"Content-Type": kind, "X-Deadline-Ms": "500"})
            took = perf_counter() - begun
            if took > SLOW:
                slow.append(f"{method} {path} {took:.1f} s")
            assert answer.status < 500, (method, path, answer.raw)
            if answer.status >= 400 and path.startswith("/v1"):
                assert is_problem(answer, answer.status), (method, path, answer.raw)
            if answer.status >= 400:
                assert M not in answer.raw, (method, path, answer.raw)
    if slow:
        print(f"{name}: {'; '.join(slow)}")


def test_memory_stays_flat(served: Served, calls: list[tuple[str, str]]) -> None:
    """All of them once more, and what was needed for the first round is enough."""
    for body in BODIES.values():
        served.check(body)
    before = served.memory
    for _ in range(3):
        for body in BODIES.values():
            served.check(body)
    assert served.memory - before < 30_000


def test_the_log_holds_nothing_of_them(served: Served) -> None:
    assert MARK not in served.log.read_text()
    assert "Traceback" not in served.log.read_text()
