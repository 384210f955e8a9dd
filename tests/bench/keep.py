"""Keeping an order durably beside a plain insert and commit, on the same database, and what it costs as it fills."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from statistics import median

import uvloop

from tests.bench.http import LOAD_CORE, SETTINGS, check_server, on_core, running
from tests.bench.load import MOST_CONNECTIONS, Tally, closed_loop, open_loop, post
from tests.bench.report import Line, figure
from tests.databases import server

ROUNDS = 3
SECONDS = 4.0
BARS = {"sqlite": 3.0, "postgresql": 4.0}


def new_posts(path: str, raws: Sequence[bytes]) -> Iterator[bytes]:
    """Requests without end, each with an order that was never sent: from the second round on by its shipment."""
    for around in count():
        for raw in raws:
            yield post(path, raw if not around else b'{"shipment_id":"%d",' % around + raw[1:])


def keep_lines(dialect: str, data: Path, raws: Sequence[bytes], port: int = 18_950) -> tuple[list[Line], list[str]]:
    """Requests a second with 64 connections, then the time of an answer at half of what keeping takes."""
    with ExitStack() as stack:
        if dialect == "postgresql":
            postgresql = server()
            stack.callback(postgresql.end)
            durable = ("ALTER SYSTEM SET fsync = on", "ALTER SYSTEM SET full_page_writes = on")
            postgresql.run(*durable, "SELECT pg_reload_conf()", "CREATE DATABASE plain", "CREATE DATABASE kept")
            plain_url = postgresql.url("plain").replace("postgresql://", "postgresql+psycopg://", 1)
            our_url = postgresql.url("kept")
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dq-bench-"))
            plain_url, our_url = f"sqlite:///{folder}/plain.db", f"sqlite:///{folder}/kept.db"
        plain_command = ["-m", "uvicorn", "tests.bench.commit_app:app", "--port", str(port), *SETTINGS]
        plain = stack.enter_context(running(plain_command, port, "/openapi.json", env={"DB": plain_url}))
        ours = stack.enter_context(
            running(check_server(data, port + 1), port + 1, "/readyz", env={"DQ_DATABASE_URL": our_url})
        )
        on_core(LOAD_CORE)
        commits, keeps = new_posts("/commit", raws), new_posts("/v1/orders", raws)
        checks = new_posts("/v1/orders/check", raws)
        sides = ((plain, commits), (ours, keeps), (ours, checks))
        most: tuple[list[float], ...] = ([], [], [])
        refused = [0, 0, 0]
        for number in range(-1, ROUNDS):
            for side, (running_one, posts) in enumerate(sides):
                tally = uvloop.run(
                    closed_loop(running_one.port, posts, SECONDS if number >= 0 else 0.5, MOST_CONNECTIONS)
                )
                refused[side] += tally.refused
                if number >= 0:
                    most[side].append(tally.rate)
        rates = [median(one) for one in most]
        late: list[Tally] = [
            uvloop.run(open_loop(ours.port, keeps, SECONDS, rates[1] / 2, seed=number, rest=True))
            for number in range(ROUNDS)
        ]
    bar = BARS[dialect]
    slowest = median(tally.quantile(0.99) for tally in late)
    lines = [
        Line(
            "orders kept a second",
            figure(rates[0], "/s"),
            figure(rates[1], "/s"),
            rates[1] / rates[0],
            f"≥ {bar:.1f} (aim 6)",
            rates[1] >= bar * rates[0],
        ),
        Line("of the check's", "", figure(rates[2], "/s"), rates[1] / rates[2], "≥ 0.40", rates[1] >= 0.4 * rates[2]),
        Line(f"p50 at {rates[1] / 2:,.0f}/s", "", figure(median(tally.quantile(0.5) for tally in late), "ms")),
        Line(f"p99 at {rates[1] / 2:,.0f}/s", "", figure(slowest, "ms"), None, "≤ 50 ms", slowest <= 50),
    ]
    names = ("/commit", "keeping", "the check")
    return lines, [f"{n} answers of {name} were no success" for n, name in zip(refused, names, strict=True) if n]
