"""The door: who is let in, by what, how often; and what is said to those who are not."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from starlette.testclient import TestClient

from dq_service.service import keys
from dq_service.watch import Watch
from dq_service.web.access.door import Entrance
from tests.databases import Server
from tests.web.access.house import House, house, order
from tests.web.served import command, environment, serving

CHECK = "/v1/orders/check"


@pytest.fixture
def new(watched: Watch, sqlite_url: str) -> Iterator[House]:
    """A house in which no key was made."""
    with house(watched, sqlite_url) as new:
        yield new


def problem(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


def test_until_there_is_a_key_this_machine_may_do_all(new: House) -> None:
    assert new.ask("nobody", "POST", CHECK, order("acme")).status_code == 200
    assert new.ask("nobody", "GET", "/v1/webhooks").status_code == 200
    assert new.ask("nobody", "GET", "/metrics").status_code == 200


@pytest.mark.parametrize("path", [CHECK, "/v1/orders"])
@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"host": "evil.example"}, "no-keys"),
        ({"host": "127.0.0.1.evil.example:8000"}, "no-keys"),
        ({"sec_fetch_site": "cross-site"}, "cross-site"),
        ({"sec_fetch_site": "same-site"}, "cross-site"),
        ({"origin": "https://evil.example"}, "cross-site"),
        ({"origin": "null"}, "cross-site"),
    ],
)
def test_but_no_page_of_another_site(new: House, path: str, headers: dict[str, str], reason: str) -> None:
    assert problem(new.ask("nobody", "POST", path, order("acme"), **headers), 403)["reason"] == reason
    assert problem(new.ask("nobody", "GET", "/v1/orders", **headers), 403)["reason"] == reason


def test_and_nobody_from_elsewhere(new: House) -> None:
    app = new.client.app
    elsewhere = TestClient(app, base_url="http://127.0.0.1", client=("192.0.2.7", 50_000))
    assert problem(elsewhere.post(CHECK, json=order("acme")), 403)["reason"] == "no-keys"
    assert elsewhere.get("/livez").status_code == 200
    assert elsewhere.get("/readyz").json()["trouble"] == []


def test_from_the_first_key_on_everybody_says_who_they_are(new: House) -> None:
    new.key("shop", "acme")
    refused = new.ask("nobody", "POST", CHECK, order("acme"))
    assert problem(refused, 401)["detail"] == "Say who you are: Authorization: Bearer KEY, or sign in."
    assert refused.headers["www-authenticate"] == 'Bearer realm="dq-service"'
    assert new.ask("shop", "POST", CHECK, order("acme")).status_code == 200
    for path in ("/livez", "/readyz", "/openapi.json", "/login"):
        assert new.ask("nobody", "GET", path).status_code == 200
    for path in ("/v1/nothing", "/nothing"):
        assert new.ask("nobody", "GET", path).status_code == 404


@pytest.mark.parametrize(
    "given",
    ["Bearer dq_live_abcdefgh_" + "x" * 43, "Bearer", "Bearer ", "Basic YTpi", "", "dq_live_x", "Bearer \xff\xfe"],
)
def test_what_is_no_key_is_told_so_also_while_none_was_made(new: House, given: str) -> None:
    headers = {"authorization": given.encode("latin-1")}
    for _ in range(2):
        refused = new.client.request("POST", CHECK, json=order("acme"), headers=headers)  # type: ignore[arg-type]
        assert problem(refused, 401)["status"] == 401
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
        new.key("shop", "acme")


def test_what_a_key_may_not_is_a_403(new: House) -> None:
    new.key("checker", None, ("check",))
    assert problem(new.ask("checker", "POST", "/v1/orders", order("acme")), 403)["reason"] == "permission"


def test_too_many_requests_wait(watched: Watch, sqlite_url: str) -> None:
    with house(watched, sqlite_url, Entrance(rate=8, workers=2)) as slow:
        slow.key("shop", "acme")
        slow.key("other", "acme")
        answers = [slow.ask("shop", "POST", CHECK, order("acme")) for _ in range(40)]
        late = [answer for answer in answers if answer.status_code == 429]
        assert 0 < len(late) < 40
        assert problem(late[0], 429)["detail"].startswith("More requests than")
        assert late[0].headers["retry-after"] == "1"
        assert late[0].headers["ratelimit-policy"] == '"caller";q=8;w=1'
        assert late[0].headers["ratelimit"] == '"caller";r=0;t=1'
        assert slow.ask("other", "POST", CHECK, order("acme")).status_code == 200
        sleep(0.3)
        assert slow.ask("shop", "POST", CHECK, order("acme")).status_code == 200


def test_two_answers_to_one_key_in_the_record(new: House) -> None:
    """Nobody signs another's name: what a key does stands under its own."""
    new.key("shop", "acme")
    made = new.ask("shop", "POST", "/v1/orders", order("acme")).json()
    new.ask("shop", "POST", f"/v1/orders/{made['id']}/cancel", {"by": "user:usr_1", "reason": "x"})
    new.key("all", None, ("events:read",))
    said = [event["data"]["by"] for event in new.ask("all", "GET", "/v1/events").json()["events"]
            if event["type"] == "order.cancelled"]  # fmt: skip
    name = keys.every(new.service.database)[0].prefix
    assert said == [f"key:{name} (user:usr_1)"]


# --- real servers ---------------------------------------------------------------------------------------------------


def dq(data: Path, *words: str, url: str = "") -> str:
    variables = {**environment(), **({"DQ_DATABASE_URL": url} if url else {})}
    line = [*command(data)[:3], *words, "--data", str(data)]
    assert line[0] == sys.executable
    return subprocess.run(line, env=variables, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_every_worker_knows_a_key_and_its_end_within_two_seconds(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server: Server | None = request.getfixturevalue("postgresql") if engine == "postgresql" else None
    data = tmp_path / "data"
    data.mkdir()
    with serving(data, tmp_path / "log.txt", server, "keys") as served:
        url = server.url("keys") if server is not None else ""

        def seen(key: str, wanted: int, within: float = 2.0) -> bool:
            """Whether all workers answer so by then: twenty connections in a row go to whichever is free."""
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            end, last = monotonic() + within, monotonic()
            while monotonic() < end + 1:
                if served.ask("POST", CHECK, b"{}", headers).status != wanted:
                    last = monotonic()
                elif monotonic() > last + 0.5:
                    return last < end
            return False

        assert seen("", 200)
        key = dq(data, "keys", "create", "--partner", "acme", url=url)
        assert seen("", 401)
        assert seen(key, 200)
        next_key = dq(data, "keys", "rotate", key, "--overlap", "0", url=url)
        assert seen(key, 401)
        assert seen(next_key, 200)
        dq(data, "keys", "revoke", next_key, url=url)
        assert seen(next_key, 401)
        assert seen("", 401)  # and it stays closed
    log = (tmp_path / "log.txt").read_text()
    assert key[17:] not in log
    assert next_key[17:] not in log
