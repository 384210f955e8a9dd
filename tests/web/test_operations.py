"""Backup under load, brought back on either engine; a recipient forgotten while the service runs."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dq_service.store import audit, orders
from dq_service.store.database import Database
from tests.databases import Server
from tests.web.served import PARTNER, Served, environment, is_problem, serving
from tests.web.test_orders import keep, order, post

numbers = count(1)
TRACES = (b"5550166", b"555-0166", b"okafor", b"Okafor", b"Pinecrest")


@pytest.fixture(params=["sqlite", "postgresql"])
def served_alone(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Served, Path, str]]:
    """A server of one test's own, its data folder, and the URL of its database ("" for the folder's file)."""
    data = tmp_path / "data"
    (data / "partners").mkdir(parents=True)
    (data / "partners" / "tern.yaml").write_text(PARTNER)
    server: Server | None = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    name = f"operated_{next(numbers)}"
    with serving(data, tmp_path / "log.txt", server, name) as running:
        yield running, data, server.url(name) if server else ""


def dq(data: Path, url: str, *words: str) -> str:
    """A command as it is typed; what it prints."""
    variables = environment() | ({"DQ_DATABASE_URL": url} if url else {})
    command = [sys.executable, "-m", "dq_service.cli", *words, "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=variables, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@contextmanager
def load(served: Served) -> Iterator[None]:
    """Orders come in, are changed and called off."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            sent = order()
            kept = keep(served, sent)
            assert kept.status == 201
            assert keep(served, {**sent, "instructions": "ring twice"}).status == 200
            assert post(served, f"/v1/orders/{kept.json['id']}/cancel", {"by": "desk"}).status == 200

    with ThreadPoolExecutor(3) as threads:
        works = [threads.submit(work) for _ in range(3)]
        try:
            yield
        finally:
            ended.set()
        for one in works:
            one.result()


def contents(url: str) -> dict[str, list[bytes]]:
    """Every order's results."""
    database = Database.open(url)
    with database.reading() as connection:
        listed = orders.page(connection, limit=10_000)
        out = {one.kept.id: [kept.result for kept in orders.revisions_of(connection, one.kept.id)] for one in listed}
        assert isinstance(audit.verify(connection), audit.Verified)
    database.close()
    return out


def test_a_backup_under_load_comes_back_on_either_engine(
    served_alone: tuple[Served, Path, str], postgresql: Server, tmp_path: Path
) -> None:
    served, data, url = served_alone
    for _ in range(20):
        keep(served, order())
    with load(served):
        said = dq(data, url, "backup", str(tmp_path / "b.zip"))
    head = said.split("head ")[1].split()[0]
    source = contents(url or f"sqlite:///{data}/dq.db")

    name = f"restored_{next(numbers)}"
    postgresql.run(f"CREATE DATABASE {name}")
    for folder, target in (("file", ""), ("server", postgresql.url(name))):
        said = dq(tmp_path / folder, target, "restore", str(tmp_path / "b.zip"))
        assert said.split("head ")[1].split()[0] == head
        restored = contents(target or f"sqlite:///{tmp_path}/{folder}/dq.db")
        assert len(restored) >= 20
        for id_, results in restored.items():
            assert results == source[id_][: len(results)], "the same bytes"
        assert (tmp_path / folder / "partners" / "tern.yaml").read_text() == PARTNER
    assert "lines, head" in dq(data, url, "audit-log", "verify", "--head", head), "the log went on from there"
    postgresql.run(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_recipient_is_forgotten_while_the_service_runs(
    served_alone: tuple[Served, Path, str], postgresql: Server
) -> None:
    served, data, url = served_alone
    address = {"line1": "9 Pinecrest Lane", "city": "Omaha", "state": "NE", "postal_code": "68142", "country": "US"}
    them: dict[str, Any] = {"name": "Ruth Okafor", "phone": "402-555-0166", "email": "r.okafor@example.com"}
    theirs = [
        keep(served, {**order(), "status": "delivered", "ship_to": {**them, "address": address}}).json["id"],
        keep(served, {**order(), "status": "delivered", "instructions": "call +14025550166"}).json["id"],
        keep(served, {**order(), "ship_to": {**them, "address": address}}).json["id"],
    ]
    others = [keep(served, order()).json["id"] for _ in range(10)]
    post(served, f"/v1/orders/{theirs[2]}/cancel", {"by": "Ruth Okafor", "reason": "Okafor called, 402-555-0166"})
    assert found(data, url, postgresql) == set(TRACES)
    who = {"phone": "(402) 555 0166", "name": "Ruth Okafor", "postal_code": "68142"}
    shown = post(served, "/v1/erasures", who)
    assert shown.status == 200
    assert {one["id"] for one in shown.json["orders"]} == set(theirs)
    assert (shown.json["dry_run"], shown.json["erased"]) == (True, 0)
    assert all(served.ask("GET", f"/v1/orders/{one}").status == 200 for one in theirs)

    said = dq(data, url, "erase", "--phone", "402 555 0166", "--yes", "--basis", "2026-118")
    assert "3 orders and" in said
    assert found(data, url, postgresql) == set()
    assert all(served.ask("GET", f"/v1/orders/{one}").status == 404 for one in theirs)
    assert all(served.ask("GET", f"/v1/orders/{one}").status == 200 for one in others)
    assert "erased, head" in dq(data, url, "audit-log", "verify")
    assert "orders.erase" in dq(data, url, "audit-log", "list")
    assert not list(data.glob("errands/*"))

    again = keep(served, {**order(), "status": "delivered", "ship_to": {**them, "address": address}})
    assert again.status == 201, "the service goes on"
    done = post(served, "/v1/erasures", {**who, "dry_run": False, "basis": "2026-119"})
    assert (done.json["erased"], done.json["scrubbed"]) == (1, True)
    assert found(data, url, postgresql) == set()
    assert served.ask("GET", f"/v1/orders/{again.json['id']}").status == 404
    assert keep(served, order()).status == 201

    for wrong in ({}, {"name": "Ruth Okafor"}, {"phone": "12"}, {**who, "basis": "Ruth Okafor asked"}, {"x": 1}):
        refused = post(served, "/v1/erasures", wrong)
        assert is_problem(refused, 422)
        assert b"Okafor" not in refused.raw


def found(data: Path, url: str, postgresql: Server) -> set[bytes]:
    """Which traces stand in the files of the database."""
    if not url:
        files = [data / f"dq.db{end}" for end in ("", "-wal", "-shm")]
    else:
        postgresql.run("CHECKPOINT")
        database = Database.open(url)
        with database.reading() as connection:
            number = connection.exec_driver_sql(
                "SELECT oid FROM pg_database WHERE datname = current_database()"
            ).scalar_one()
        database.close()
        files = list((postgresql.folder / "base" / str(number)).iterdir())
    return {trace for trace in TRACES for file in files if os.path.isfile(file) and trace in file.read_bytes()}
