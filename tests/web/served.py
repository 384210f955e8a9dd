"""A real server on loopback, for as long as the tests of the web take."""

import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from tests.databases import Server

PARTNER = "name: tern\norder_id: 'TERN-\\d{4}'\nshadow: true\n"
ROWS = """\
name: rows
about: a table of our own
format: csv
fields: {order_id: Nr, ship_to.name: Who, "items[*].sku": Code, "items[*].quantity": Pieces}
samples: [{name: one, payload: "Nr,Who\\n7,Ada\\n", gives: [{order_id: "7", ship_to.name: Ada}]}]
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its port, its process, and the file that its log goes to."""

    port: int
    process: subprocess.Popen[str]
    log: Path

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        finally:
            connection.close()

    def check(self, body: Any, query: str = "", **headers: str) -> Answer:
        """An order checked; anything but bytes and iterators of bytes is sent as JSON."""
        sent = body if isinstance(body, bytes | Iterator) else json.dumps(body, ensure_ascii=False).encode()
        return self.ask("POST", f"/v1/orders/check{query}", sent, {k.replace("_", "-"): v for k, v in headers.items()})

    @property
    def memory(self) -> int:
        """The most memory that the server has held, in kB; 0 where the system does not tell."""
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        except OSError:
            return 0
        return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One worker on SQLite, then two on PostgreSQL: whoever asks must not notice."""
    data = tmp_path_factory.mktemp("data")
    (data / "partners").mkdir()
    (data / "partners" / "tern.yaml").write_text(PARTNER)
    for partner, profile in (("wren", "woocommerce"), ("plover", "rows")):
        (data / "partners" / f"{partner}.yaml").write_text(f"name: {partner}\nprofile: {profile}\n")
    (data / "profiles").mkdir()
    (data / "profiles" / "rows.yaml").write_text(ROWS)
    log = tmp_path_factory.mktemp("log") / "server.txt"
    postgresql: Server | None = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    with serving(data, log, postgresql, "served") as server:
        yield server


@contextmanager
def serving(data: Path, log: Path, postgresql: Server | None = None, name: str = "") -> Iterator[Served]:
    """`dq serve` on a data folder: on SQLite, or with two workers on a new database of that name."""
    arguments, variables = command(data), {**environment(), "DQ_WEBHOOK_NETWORKS": "127.0.0.0/8"}
    if postgresql is not None:
        postgresql.run(f"CREATE DATABASE {name} TEMPLATE template_dq STRATEGY file_copy")
        arguments += ["--workers", "2"]
        variables["DQ_DATABASE_URL"] = postgresql.url(name)
    with log.open("w") as errors:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=errors, text=True, env=variables)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("dq-service on http://127.0.0.1:"), log.read_text()
        yield Served(port_in(line), process, log)
    finally:
        process.terminate()
        assert process.wait(15) == 0
        assert process.stdout is not None
        process.stdout.close()


def port_in(line: str) -> int:
    """The port that the line of a server that is ready names."""
    found = re.match(r"dq-service on http://127\.0\.0\.1:(\d+)", line)
    assert found is not None, line
    return int(found[1])


def local(app: ASGIApp) -> TestClient:
    """Somebody on the machine that an application runs on, in this process."""
    return TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000))


def command(data: Path, port: int = 0) -> list[str]:
    """`dq serve` on a data folder; port 0 is any that is free."""
    return [sys.executable, "-m", "dq_service.cli", "serve", "--port", str(port), "--data", str(data)]


def environment() -> dict[str, str]:
    """This process's environment without settings of the service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DQ_")}


def is_problem(answer: Answer, status: int) -> bool:
    """Whether an answer is an error as RFC 9457 has it."""
    return (
        answer.status == status
        and answer.headers["content-type"] == "application/problem+json"
        and {"type", "title", "status", "detail"} <= answer.json.keys()
        and answer.json["status"] == status
    )
