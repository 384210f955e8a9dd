"""What the service tells of itself holds nothing of the orders: searched as bytes in its log and its figures."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from dq_service.fields import leaves, parse_path
from tests.web.served import Served, environment, port_in

ROOT = Path(__file__).parents[2]
COUNT = 1000
PIECE = 20  # orders in a batch: they are all sent before an answer is read
ALONE = 5  # of them, also sent by themselves
PATHS = ("/v1/orders/check", "/v1/orders", "/v1/partners/tern/orders", "/v1/partners/shopify/orders")
BATCHES = {"/v1/orders/batch": COUNT, "/v1/orders/batch?keep=false": 100, "/v1/orders/batch?mode=backfill": 100}
PARTNER = "name: tern\nsensitive_items: true\n"


# What all of them are written like, a little wider than they are: one look instead of thousands. The short numbers
# stand by themselves, since ids in hexadecimal digits hold some like them now and then.
SECRET = re.compile(
    rb"kestrel|quillfeather|insulin|40253\d{5}|411111\d{9}|4111.1100|\(402\)"
    rb"|(?<![0-9a-f])(?:530.?\d{4}|77053\d+)(?![0-9a-f])",
    re.IGNORECASE,
)


def card(number: int) -> str:
    """A card number that holds (Luhn), made up."""
    body = f"411111{number:09d}"
    total = sum(
        sum(divmod(2 * int(digit), 10)) if place % 2 == 0 else int(digit) for place, digit in enumerate(body[::-1])
    )
    return f"{body}{-total % 10}"


def secrets(number: int) -> dict[str, str]:
    """What is in order `number` and nowhere else."""
    return {
        "phone": f"40253{number:05d}",
        "mail": f"kestrel{number:05d}@example.com",
        "code": f"77053{number:05d}",
        "card": card(number),
        "name": f"Quillfeather{number:05d}",
        "item": f"Insulin{number:05d}",
    }


def text_of(number: int, place: int) -> str:
    """What stands in a field: each secret in some field of each order, each field with each secret in some order."""
    one = secrets(number)
    phone = one["phone"]
    forms = (
        f"{one['name']} +1 ({phone[:3]}) {phone[3:6]}-{phone[6:]}",
        f"write to {one['mail']}",
        f"gate code {one['code']}#",
        f"card {one['card']}",
        f"{one['item']}, {phone}",
    )
    return forms[(number + place) % len(forms)]


def order(number: int) -> dict[str, Any]:
    """An order in which every field holds all of it; the numbers and flags, too."""
    made: dict[str, Any] = {}
    for place, (path, _) in enumerate(leaves()):
        here: Any = made
        steps = [0 if step == "*" else step for step in parse_path(path)]
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            empty: Any = text_of(number, place) if following is None else [] if following == 0 else {}
            if isinstance(here, list):
                if not here:
                    here.append(empty)
                here = here[0]
            else:
                here = here.setdefault(step, empty)
    one = secrets(number)
    made |= {"order_id": f"TERN-{number:05d}", "partner": "tern", "access_code": one["code"]}
    made["ship_to"] |= {"phone": one["phone"], "email": one["mail"], "name": one["name"]}
    made["items"][0] |= {"description": one["item"]}
    made[one["mail"]] = one["card"]
    return made


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The log and the figures of a server that has seen it all, at its most talkative, its rules breaking."""
    data = tmp_path_factory.mktemp("data")
    (data / "partners").mkdir()
    (data / "partners" / "tern.yaml").write_text(PARTNER)
    log = tmp_path_factory.mktemp("log") / "server.txt"
    variables = {**environment(), "DQ_LOG_LEVEL": "debug", "DQ_WEBHOOK_NETWORKS": "127.0.0.0/8"}
    command = [sys.executable, "-m", "tests.web.leaky", "serve", "--port", "0", "--data", str(data)]
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=variables, cwd=ROOT)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("dq-service on "), log.read_text()
        served = Served(port_in(line), process, log)
        statuses = dict(all_calls(served))
        figures = served.ask("GET", "/metrics")
    finally:
        process.terminate()
        code = process.wait(30)
        process.stdout.close()
    assert (code, figures.status) == (0, 200)
    assert {200, 201, 400, 404, 422} <= set(statuses.values())
    assert not [call for call, status in statuses.items() if status >= 500]
    return log.read_bytes(), figures.raw


def all_calls(served: Served) -> Iterator[tuple[str, int]]:
    """Everything that takes words from outside, with the words."""
    lines = [json.dumps(order(number)).encode() for number in range(COUNT)]
    for path, count in BATCHES.items():
        for first in range(0, count, PIECE):
            answer = served.ask("POST", path, b"\n".join(lines[first : first + PIECE]))
            assert answer.raw.count(b"\n") == PIECE
            assert b'"SYS001"' in answer.raw  # the rules broke
            yield path, answer.status
    yield "plain", served.ask("POST", "/v1/orders", lines[0]).status
    for number in range(ALONE):
        one = secrets(number)
        for key, value in one.items():
            named = quote(value)
            headers = {
                "X-Request-Id": value,
                "traceparent": value,
                "Idempotency-Key": value,
                "User-Agent": value,
                "Referer": f"https://example.com/{named}",
                "X-Forwarded-For": value,
            }
            bodies = {"order": lines[number], "cut": lines[number][:-9], "text": json.dumps(value).encode()}
            for name, body in bodies.items():
                for path in PATHS:
                    answer = served.ask("POST", f"{path}?partner={named}", body, headers)
                    yield f"{path} {name} {key}", answer.status
            if number:
                continue
            for path in ("/v1/orders", "/v1/webhooks", "/v1/partners", "/v1", "/v1/events"):
                yield f"GET {path} {key}", served.ask("GET", f"{path}/{named}").status
                for query in ("after", "partner", "lifecycle", "changed_since", "limit"):
                    asked = served.ask("GET", f"{path}?{query}={named}", headers={"Last-Event-ID": value})
                    yield f"GET {path} {query} {key}", asked.status
            for path in ("/v1/webhooks", "/v1/rechecks", f"/v1/orders/{named}/cancel", f"/v1/webhooks/{named}/replay"):
                for body in ({"url": f"http://127.0.0.1:9/{named}"}, {"by": value, value: value}, [value], value):
                    yield f"{path} {key}", served.ask("POST", path, json.dumps(body).encode(), headers).status


@pytest.mark.parametrize("where", [0, 1], ids=["log", "figures"])
def test_nothing_of_a_thousand_orders_is_told(told: tuple[bytes, bytes], where: int) -> None:
    text = told[where]
    assert len(text) > 10_000
    assert SECRET.search(json.dumps(order(7)).encode())
    assert SECRET.findall(text) == []


def test_the_log_tells_what_broke(told: tuple[bytes, bytes]) -> None:
    log = told[0].decode()
    assert "ValueError" in log
    assert "leaky.py" in log
    assert all(line.startswith("{") for line in log.splitlines())
    assert any(json.loads(line).get("partner") == "tern" for line in log.splitlines())
