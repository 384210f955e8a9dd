"""How long it takes until the first order is checked, on the command line and over HTTP, and what memory it takes."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.bench.http import check_server, running
from tests.bench.report import Line, figure

TIMES = 3


def start_lines(data: Path, raw: bytes, partner: str, port: int = 18_940) -> list[Line]:
    """Seconds of `dq check` of one order and until the server is ready, after a first start that fills the cache."""
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
        file.write(raw + b"\n")
        file.flush()
        command = [sys.executable, "-m", "dq_service.cli", "check", file.name, "--data", str(data)]
        command += ["--format", "ndjson", *(("--partner", partner) if partner else ())]
        checked, held = zip(*(_run(command) for _ in range(TIMES + 1)), strict=True)
    ready, resident = [], 0.0
    for time in range(TIMES):
        with running(check_server(data, port + time), port + time, "/readyz", core=None) as server:
            ready.append(server.ready)
            resident = server.resident
    check, wait = median(checked[1:]), median(ready)
    return [
        Line("dq check of one order", "", figure(check, "s"), None),
        Line("its memory", "", figure(max(held), "MB"), None),
        Line("server ready", "", figure(wait, "s"), None, "≤ 2.00 s", wait <= 2),
        Line("server's memory", "", figure(resident, "MB"), None, "≤ 250 MB", resident <= 250),
    ]


def _run(command: list[str]) -> tuple[float, float]:
    """Seconds, and the most memory in MB, of a command that may find the order wanting but must not fail."""
    begun = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError("dq check failed; see above")
    return perf_counter() - begun, used.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
