"""Figures and readiness: what is counted adds up over the workers, and what is wrong is said."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.databases import Server
from tests.web.served import Served, command, environment, is_problem, port_in
from tests.web.test_workers import within, workers_of

COUNT = 2
FIGURES = {
    "dq_build_info",
    "dq_check_seconds_bucket",
    "dq_database_writable",
    "dq_holds",
    "dq_holds_due",
    "dq_ledger_group_size_bucket",
    "dq_ledger_waiting",
    "dq_order_revisions_total",
    "dq_outbox_age_seconds",
    "dq_outbox_waiting",
    "dq_published_version",
    "dq_ready",
    "dq_request_seconds_bucket",
    "dq_requests_total",
    "dq_webhook_deliveries",
    "dq_webhooks",
    "dq_worker_cpu_seconds",
    "dq_worker_memory_bytes",
}


def figures(served: Served) -> dict[str, dict[tuple[str, ...], float]]:
    """What /metrics says: by name, by the values of the labels."""
    answer = served.ask("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.raw.decode()):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def answered(served: Served, *labels: str) -> float:
    return figures(served).get("dq_requests_total", {}).get(labels, 0)


def test_requests_are_counted_by_their_route(served: Served) -> None:
    sleep(1.5)  # what others asked before is known to all workers
    before = figures(served).get("dq_requests_total", {})
    for path in ("/v1/orders/4025385759", "/v1/orders/4025385760", "/kingfisher"):
        served.ask("GET", path)
    served.check({})
    served.ask("PURGE", "/livez")

    def grown() -> dict[tuple[str, ...], float]:
        after = figures(served)["dq_requests_total"]
        return {key: more for key in after if (more := after[key] - before.get(key, 0)) and key[1] != "/metrics"}

    wanted = {
        ("GET", "/v1/orders/{id}", "404"): 2,
        ("GET", "(none)", "404"): 1,
        ("POST", "/v1/orders/check", "200"): 1,
        ("(none)", "/livez", "405"): 1,
    }
    assert within(3, lambda: grown() == wanted), grown()


def test_everything_an_operator_asks_for_is_there(served: Served) -> None:
    served.ask("POST", "/v1/orders", json.dumps({"order_id": "TERN-7001", "partner": "tern"}).encode())
    assert within(3, lambda: figures(served).keys() >= FIGURES), FIGURES - figures(served).keys()
    found = figures(served)
    assert found["dq_ready"][()] == found["dq_database_writable"][()] == 1
    assert sum(found["dq_order_revisions_total"].values()) >= 1


@pytest.fixture
def pair(postgresql_url: str, tmp_path: Path) -> Iterator[Served]:
    """Two workers of their own."""
    variables = {**environment(), "DQ_DATABASE_URL": postgresql_url}
    log = tmp_path / "log.txt"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*command(tmp_path / "data"), "--workers", str(COUNT)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=variables,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        yield Served(port_in(line), process, log)
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.stdout.close()


def test_sums_are_right_over_workers_and_never_go_back(pair: Served) -> None:
    key, seen = ("POST", "/v1/orders/check", "200"), [0.0]
    for _ in range(30):
        pair.check({})
        seen.append(answered(pair, *key))
    assert seen == sorted(seen)
    assert within(5, lambda: answered(pair, *key) == 30)
    assert len(figures(pair)["dq_worker_memory_bytes"]) == COUNT
    victim = workers_of(pair.process).pop()
    os.kill(victim, signal.SIGKILL)
    assert within(20, lambda: len(workers_of(pair.process) - {victim}) == COUNT)
    for _ in range(5):
        assert within(10, lambda: pair.check({}).status == 200)
    assert within(5, lambda: answered(pair, *key) >= 35)


def test_a_database_that_goes_away_is_told_and_comes_back(postgresql: Server, tmp_path: Path) -> None:
    postgresql.run("CREATE DATABASE going TEMPLATE template_dq STRATEGY file_copy")
    variables = {**environment(), "DQ_DATABASE_URL": postgresql.url("going")}
    process = subprocess.Popen(
        command(tmp_path / "data"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=variables
    )
    assert process.stdout is not None
    served = Served(port_in(process.stdout.readline()), process, tmp_path / "log")
    try:
        assert served.ask("GET", "/readyz").status == 200
        postgresql.run(
            "ALTER DATABASE going ALLOW_CONNECTIONS false",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'going'",
        )
        assert within(15, lambda: served.ask("GET", "/readyz").status == 503)
        answer = served.ask("GET", "/readyz")
        assert is_problem(answer, 503)
        assert answer.json["reasons"][0].startswith("the database takes no writes: ")
        assert answer.headers["retry-after"] == "1"
        assert served.ask("GET", "/livez").status == 200
        assert served.check({}).status == 200  # a check needs no database
        assert figures(served)["dq_ready"][()] == 0
        postgresql.run("ALTER DATABASE going ALLOW_CONNECTIONS true")
        assert within(15, lambda: served.ask("GET", "/readyz").status == 200)
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.stdout.close()
        postgresql.run("DROP DATABASE going WITH (FORCE)")
