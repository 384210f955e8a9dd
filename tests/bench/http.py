"""The check over HTTP beside a plain endpoint, each on a server of its own, in turn on the same core."""

import http.client
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import uvloop

from tests.bench.load import Tally, closed_loop, open_loop, post
from tests.bench.report import Line, figure

ROUNDS = 5
SECONDS = 2.0
SERVER_CORE, LOAD_CORE = 0, 1
SETTINGS = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]


@dataclass(frozen=True, slots=True)
class Running:
    """A server of the bench: its process, its port, and the seconds until it was ready."""

    process: subprocess.Popen[bytes]
    port: int
    ready: float

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far; 0 where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident(self) -> float:
        """MB of memory held now; 0 where the system does not tell."""
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        except OSError:
            return 0.0
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    path: str,
    core: int | None = SERVER_CORE,
    env: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """A server from when it answers at a path until the block ends; `env` is laid over the environment."""
    pin = None if core is None else lambda: on_core(core)
    begun = perf_counter()
    with tempfile.TemporaryFile() as log:  # written as in use, and shown only where the server does not start
        process = subprocess.Popen(
            [sys.executable, *command],
            stdout=subprocess.DEVNULL,
            stderr=log,
            preexec_fn=pin,
            env={**os.environ, **(env or {})},
        )
        try:
            while not _answers(port, path):
                if process.poll() is not None or perf_counter() - begun > 60:
                    log.seek(0)
                    raise RuntimeError(f"the server did not start: {log.read().decode()[-2000:]}")
                sleep(0.01)
            yield Running(process, port, perf_counter() - begun)
        finally:
            process.terminate()
            process.wait(30)


def check_server(data: Path, port: int) -> list[str]:
    """The command of our server."""
    return ["-m", "dq_service.cli", "serve", "--port", str(port), "--data", str(data)]


def http_lines(data: Path, raws: Sequence[bytes], partner: str, port: int = 18_930) -> tuple[list[Line], list[str]]:
    """Requests a second, then the time of an answer at half of what the check takes; and remarks.

    Orders come in one order, round and round: with more of them than any memory of ours keeps, each is a new one.
    """
    target = f"/v1/orders/check?partner={partner}" if partner else "/v1/orders/check"
    plain_posts = cycle([post("/echo", raw) for raw in raws])
    our_posts = cycle([post(target, raw) for raw in raws])
    echo = ["-m", "uvicorn", "tests.bench.echo_app:app", "--port", str(port), *SETTINGS]
    with (
        running(echo, port, "/openapi.json") as plain,
        running(check_server(data, port + 1), port + 1, "/readyz") as ours,
    ):
        on_core(LOAD_CORE)
        sides = ((plain, plain_posts), (ours, our_posts))
        most: tuple[list[float], list[float]] = ([], [])
        cost: tuple[list[float], list[float]] = ([], [])
        refused = [0, 0]
        for number in range(-1, ROUNDS):
            for side, (server, posts) in enumerate(sides):
                before = server.cpu
                tally = uvloop.run(closed_loop(server.port, posts, SECONDS if number >= 0 else 0.5))
                refused[side] += tally.refused
                if number >= 0:
                    most[side].append(tally.rate)
                    cost[side].append((server.cpu - before) / max(1, tally.answers) * 1e6)
        rate = median(most[1]) / 2
        late: tuple[list[Tally], list[Tally]] = ([], [])
        for number in range(ROUNDS):
            for side, (server, posts) in enumerate(sides):
                late[side].append(uvloop.run(open_loop(server.port, posts, SECONDS, rate, seed=number)))
        resident = ours.resident
    rates, costs = (median(most[0]), median(most[1])), (median(cost[0]), median(cost[1]))
    lines = [
        Line(
            "requests a second",
            figure(rates[0], "/s"),
            figure(rates[1], "/s"),
            rates[1] / rates[0],
            "≥ 0.60 (aim 0.90)",
            rates[1] >= 0.6 * rates[0],
        ),
        Line(
            "CPU a request", figure(costs[0], "µs"), figure(costs[1], "µs"), costs[1] / costs[0] if costs[0] else None
        ),
    ]
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        found = [median(tally.quantile(share) for tally in side) for side in late]
        lines.append(
            Line(f"{name} at {rate:,.0f}/s", figure(found[0], "ms"), figure(found[1], "ms"), found[1] / found[0])
        )
    lines.append(Line("memory after the load", "", figure(resident, "MB"), None, "≤ 250 MB", resident <= 250))
    remarks = [
        f"{count} answers of {name} were no success"
        for name, count in zip(("/echo", "the check"), refused, strict=True)
        if count
    ]
    return lines, remarks


def on_core(core: int) -> None:
    """Keeps this process on one core, where the system has several and lets it."""
    if hasattr(os, "sched_setaffinity") and core in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {core})


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
