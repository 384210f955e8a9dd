"""The feed of events over HTTP: from a cursor on, as a page and as a stream."""

import http.client
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.web.served import Served, command, environment, is_problem, port_in
from tests.web.test_orders import keep, order

STREAM = {"Accept": "text/event-stream"}


def latest(served: Served) -> int:
    """The cursor after which nothing has happened yet."""
    found: int = served.ask("GET", "/v1/events?after=latest").json["next"]
    return found


def feed(served: Served, query: str) -> Any:
    answer = served.ask("GET", f"/v1/events?{query}")
    assert answer.status == 200, answer.raw
    return answer.json


@contextmanager
def stream(served: Served, query: str = "", **headers: str) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    try:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", f"/v1/events{query}", headers={**STREAM, **given})
        yield connection.getresponse()
    finally:
        connection.close()


def told(response: http.client.HTTPResponse, count: int) -> list[tuple[int, str, Any]]:
    """So many events of a stream: id, event, data."""
    found: list[tuple[int, str, Any]] = []
    fields: dict[str, str] = {}
    while len(found) < count:
        line = response.readline().decode().rstrip("\n")
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "data" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
            fields = {}
        else:
            fields = {}
    return found


def test_what_happens_is_told_as_cloud_events(served: Served) -> None:
    before = latest(served)
    kept = keep(served, order()).json
    page = feed(served, f"after={before}")
    assert [event["type"] for event in page["events"]] == ["order.received", "order.released"]
    for place, event in enumerate(page["events"], start=1):
        assert event["specversion"] == "1.0"
        assert event["id"].startswith("evt_")
        assert (event["source"], event["subject"], event["sequence"]) == ("/v1/orders", kept["id"], place)
        assert (event["partner"], event["datacontenttype"]) == ("quill", "application/json")
        assert event["time"].endswith("Z")
        assert event["data"]["revision"] == 1
        assert "order" not in event["data"]
    assert feed(served, f"after={page['next']}") == {"events": [], "next": page["next"], "more": False}


def test_a_cursor_goes_through_everything_once(served: Served) -> None:
    cursor = latest(served)
    kept = [keep(served, order()).json["id"] for _ in range(6)]
    found = []
    for _ in range(20):
        page = feed(served, f"after={cursor}&limit=5")
        assert len(page["events"]) <= 5
        assert page["next"] >= cursor
        cursor = page["next"]
        found += page["events"]
        if not page["more"]:
            break
    assert [event["subject"] for event in found] == [one for one in kept for _ in range(2)]
    assert len({event["id"] for event in found}) == 12


def test_a_partner_has_a_feed_of_its_own(served: Served) -> None:
    before = latest(served)
    own = keep(served, order(partner="heron & co")).json["id"]
    keep(served, order())
    page = feed(served, f"after={before}&partner={quote('heron & co')}")
    assert {event["subject"] for event in page["events"]} == {own}
    assert page["next"] == latest(served)
    assert feed(served, f"after={before}&partner=nobody%00")["events"] == []


def test_a_stream_tells_what_was_and_what_comes(served: Served) -> None:
    before = latest(served)
    first = keep(served, order()).json["id"]
    with stream(served, f"?after={before}") as response:
        assert response.status == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-cache"
        was = told(response, 2)
        second = keep(served, order()).json["id"]
        came = told(response, 2)
    assert [(kind, data["subject"]) for _, kind, data in was] == [("order.received", first), ("order.released", first)]
    assert [data["subject"] for _, _, data in came] == [second] * 2
    seqs = [seq for seq, _, _ in was + came]
    assert seqs == sorted(set(seqs))
    assert came[-1][0] == latest(served)


def test_a_stream_goes_on_where_its_reader_was(served: Served) -> None:
    before = latest(served)
    keep(served, order())
    with stream(served, f"?after={before}") as response:
        (first,) = told(response, 1)
    with stream(served, "?after=0", Last_Event_ID=str(first[0])) as response:
        (second,) = told(response, 1)
    assert (first[1], second[1]) == ("order.received", "order.released")
    assert first[2]["subject"] == second[2]["subject"]


def test_a_stream_of_one_partner_from_now_on(served: Served) -> None:
    keep(served, order(partner="ibis"))
    with stream(served, "?after=latest&partner=ibis") as response:
        assert response.readline() == b"retry: 2000\n"
        keep(served, order())
        own = keep(served, order(partner="ibis")).json["id"]
        ((_, kind, data),) = told(response, 1)
    assert (kind, data["subject"], data["sequence"]) == ("order.received", own, 1)


@pytest.mark.parametrize("query", ["after=-1", "after=first", "after=99999999999999999999", "limit=0", "limit=501"])
def test_a_wrong_parameter_is_a_problem(served: Served, query: str) -> None:
    answer = served.ask("GET", f"/v1/events?{query}")
    assert is_problem(answer, 422)
    assert query.partition("=")[2] not in answer.json["detail"]


def test_a_wrong_last_event_id_is_a_problem(served: Served) -> None:
    assert is_problem(served.ask("GET", "/v1/events", headers={**STREAM, "Last-Event-ID": "x-7"}), 400)


def test_a_server_that_stops_lets_streams_go(tmp_path: Path) -> None:
    arguments, variables = command(tmp_path), {**environment(), "DQ_LOG_REQUESTS": "none"}
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables)
    assert process.stdout is not None
    assert process.stderr is not None
    with process, stream(Served(port_in(process.stdout.readline()), process, tmp_path)) as response:
        assert response.readline() == b"retry: 2000\n"
        process.terminate()
        assert response.read().strip() == b""  # it ends as streams end
        assert process.wait(5) == 0  # without waiting for those who are slow (server.GRACE)
        told = process.stderr.read().splitlines()
        assert [line for line in told if "sign in as admin" not in line] == []
