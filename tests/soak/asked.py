"""Many made-up requests to every call, and many stops under load."""

import asyncio
import tempfile
from pathlib import Path

from tests.soak.kept import database
from tests.web.crashes import Killed, found, lost_or_doubled
from tests.web.made_up import ask_all
from tests.web.served import serving
from tests.web.stopping import stop_under_load

CLIENTS = 32
GROWTH = 64_000  # kB


def asked(examples: int) -> bool:
    """So many requests of each kind to each call, with what schemathesis thinks of."""
    with tempfile.TemporaryDirectory(prefix="dq-soak-") as folder:
        (Path(folder) / "data").mkdir()
        with serving(Path(folder) / "data", Path(folder) / "log.txt") as served:
            ask_all(served, 20)
            before = served.memory
            made = ask_all(served, examples, number=1)
            grown = served.memory - before
    print(
        f"made up: {made.requests:,} requests, the slowest {made.slowest:.2f} s, {grown / 1000:.0f} MB more, "
        f"faults or echoes: {len(made.wrong)}"
    )
    for line in made.wrong[:5]:
        print(f"  {line}")
    return made.requests > examples and not made.wrong and grown < GROWTH


def stops(dialect: str, times: int) -> bool:
    """Orders from many clients while the server is told to stop, again and again."""
    wrong: list[str] = []
    acknowledged = late = 0
    with database(dialect) as url, tempfile.TemporaryDirectory(prefix="dq-soak-") as folder:
        server = Killed(Path(folder) / "data", {"DQ_DATABASE_URL": url, "DQ_LOG_REQUESTS": "none"})
        seen: dict[str, str] = {}
        for turn in range(times):
            server.start()
            asyncio.run(server.ready())
            stopped = asyncio.run(stop_under_load(server, clients=CLIENTS, first=turn * 10_000_000))
            wrong += [*stopped.cut, *([] if stopped.code == 0 else [f"exit code {stopped.code}"])]
            seen |= stopped.seen.acknowledged
            stopped.seen.acknowledged = seen
            wrong += lost_or_doubled(stopped.seen, found(url))
            acknowledged, late = len(seen), late + stopped.late
    print(
        f"{dialect}: {acknowledged:,} orders acknowledged, {times} stops, {late} requests came too late; "
        f"cut off, lost or doubled: {len(wrong)}"
    )
    for line in wrong[:5]:
        print(f"  {line}")
    return not wrong
