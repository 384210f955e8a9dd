"""Several workers on one port and one PostgreSQL: what is published holds in all of them; one that dies is replaced."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest

from dq_service.cli import main
from tests.databases import Server
from tests.web.served import Served, command, environment, port_in

BEFORE, AFTER = "name: tern\norder_id: 'TERN-\\d{6}'\n", "name: tern\norder_id: 'TERN-\\d{4}'\n"
COUNT = 2
ROOT = Path(__file__).parents[2]
NUMBERS = count(100_000)


@dataclass(frozen=True, slots=True)
class Working:
    """A server with its workers' processes; `environment` is what it was started with."""

    served: Served
    data: Path
    environment: Mapping[str, str]

    def workers(self) -> set[int]:
        """The processes of the workers that run now."""
        return workers_of(self.served.process)

    def memory(self) -> list[int]:
        """The most memory that each worker has held, in kB."""
        lines = [line for one in self.workers() for line in Path(f"/proc/{one}/status").read_text().splitlines()]
        return [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]

    def keep(self) -> tuple[bool, int]:
        """An order kept by the worker that happens to answer: is its id wrong, by which version of the partners?"""
        order = {"order_id": f"TERN-{next(NUMBERS)}", "partner": "tern"}
        patient = {"X-Deadline-Ms": "60000"}  # a rule that is not reached in time on a busy machine says nothing here
        answer = self.served.ask("POST", "/v1/orders", json.dumps(order).encode(), patient)
        assert answer.status == 201
        result: dict[str, Any] = answer.json
        wrong = any((one["rule"], one["outcome"]) == ("ITM031", "open") for one in result["findings"])
        return wrong, result["publication"]["partners"]


pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc to tell the processes apart")


@pytest.fixture(scope="module")
def working(postgresql: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    postgresql.run("CREATE DATABASE workers TEMPLATE template_dq STRATEGY file_copy")
    data = tmp_path_factory.mktemp("data")
    (data / "partners").mkdir()
    (data / "partners" / "tern.yaml").write_text(BEFORE, "utf-8")
    log = tmp_path_factory.mktemp("log") / "server.txt"
    given = {**environment(), "DQ_DATABASE_URL": postgresql.url("workers")}
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*command(data), "--workers", str(COUNT)], stdout=subprocess.PIPE, stderr=errors, text=True, env=given
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("dq-service on http://127.0.0.1:"), log.read_text()
        yield Working(Served(port_in(line), process, log), data, given)
    finally:
        process.terminate()
        assert process.wait(20) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""  # one line, when all were ready
        process.stdout.close()
        postgresql.run("DROP DATABASE workers WITH (FORCE)")


def workers_of(parent: "subprocess.Popen[str]") -> set[int]:
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
    return {int(one) for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()}


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    end = monotonic() + seconds
    while not (met := holds()) and monotonic() < end:
        sleep(0.02)
    return met


def test_all_answer_and_stay_small(working: Working) -> None:
    assert len(working.workers()) == COUNT
    assert {working.keep() for _ in range(20)} == {(False, 1)}
    memory = working.memory()
    assert len(memory) == COUNT
    assert max(memory) < 250_000


def test_what_is_published_under_load_holds_everywhere_within_two_seconds(working: Working) -> None:
    done = Event()

    def load() -> list[tuple[float, tuple[bool, int]]]:
        seen = []
        while not done.is_set():
            begun = monotonic()
            seen.append((begun, working.keep()))
        return seen

    with ThreadPoolExecutor(4) as pool:
        loads = [pool.submit(load) for _ in range(4)]
        try:
            sleep(0.2)
            (working.data / "partners" / "tern.yaml").write_text(AFTER, "utf-8")
            said = subprocess.run(
                [*command(working.data)[:3], "rules", "publish", "--data", str(working.data)],
                env=working.environment, capture_output=True, text=True, check=True,
            )  # fmt: skip
            published = monotonic()
            sleep(2.5)
        finally:
            done.set()
        answers = [answer for one in loads for answer in one.result()]
    assert "partners 2: 1 changed\n  ~ tern.yaml" in said.stdout
    assert {told for _, told in answers} == {(False, 1), (True, 2)}  # whatever was in force, the result says so
    late = {told for begun, told in answers if begun > published + 2}
    assert late == {(True, 2)}
    with psycopg.connect(working.environment["DQ_DATABASE_URL"]) as connection:
        kept = connection.execute("SELECT count(DISTINCT worker) FROM rollups").fetchone()
    assert kept == (COUNT,)  # all workers took part


def test_one_that_dies_is_replaced_and_does_not_publish(working: Working) -> None:
    before = working.workers()
    (working.data / "partners" / "nova.yaml").write_text("nam: half made\n", "utf-8")
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    assert within(20, lambda: len(working.workers() - {killed}) == COUNT)
    assert working.workers() - before
    assert within(20, lambda: all(trouble == [] for trouble in troubles(working)))
    assert f"ended with code -{signal.SIGKILL.value}" in working.served.log.read_text()
    (working.data / "partners" / "nova.yaml").unlink()


def troubles(working: Working) -> list[list[str]]:
    return [working.served.ask("GET", "/readyz").json.get("trouble", ["not ready"]) for _ in range(8)]


def small(*arguments: str) -> "subprocess.Popen[str]":
    """Two workers that serve nothing: what is looked at is how they come and go."""
    line = [sys.executable, "-m", "tests.web.small_workers", *arguments]
    return subprocess.Popen(
        line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def test_without_their_parent_workers_end() -> None:
    process = small()
    assert process.stdout is not None
    assert process.stdout.readline().startswith("dq-service on http://127.0.0.1:")
    left = workers_of(process)
    assert len(left) == COUNT
    process.kill()
    process.wait(10)
    try:
        assert within(15, lambda: not any(runs(one) for one in left))
    finally:
        for one in filter(runs, left):
            os.kill(one, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_all_stop_when_the_parent_is_told_to(stop: signal.Signals) -> None:
    process = small()
    assert process.stdout is not None
    process.stdout.readline()
    left = workers_of(process)
    if stop == signal.SIGINT:
        os.killpg(process.pid, stop)  # Ctrl-C reaches the workers, too
    else:
        process.send_signal(stop)
    out, errors = process.communicate(timeout=20)
    assert (process.returncode, out, errors) == (0, "", "")
    assert not any(runs(one) for one in left)


def test_a_worker_that_never_comes_up_ends_the_service() -> None:
    process = small("fail")
    out, errors = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert "a worker ended 3 times before it was ready" in errors
    assert errors.count("worker 1 ended with code 3") == 3


def runs(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_sqlite_file_has_one_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DQ_DATABASE_URL", raising=False)
    assert main(["serve", "--workers", "2", "--port", "0", "--data", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == ("dq: --workers 2 needs PostgreSQL (DQ_DATABASE_URL): a SQLite file has one writer\n")
