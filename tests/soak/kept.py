"""Kept orders under trouble and in number: servers killed, holds that end, a database that fills."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import httpx2
import orjson

from dq_service.engine.proof import overlaid
from tests.bench.orders import Maker, lay_out
from tests.databases import server as postgresql_server
from tests.service.histories import live_through
from tests.web.crashes import Killed, found, hold_partner, lost_or_doubled, run, run_holds

DIALECTS = ("sqlite", "postgresql")
CLIENTS = 64
HOLD = 50  # seconds
PIECE = 10_000  # orders in one stream
KNOWN = 5_000  # orders whose addresses are imported as points
FLAT = 1.2  # what an order may cost at the end, to what it cost at the beginning


@contextmanager
def database(dialect: str) -> Iterator[str]:
    """The URL of an empty database, synchronous to the disk."""
    if dialect == "sqlite":
        with tempfile.TemporaryDirectory(prefix="dq-soak-") as folder:
            yield f"sqlite:///{folder}/dq.db"
        return
    server = postgresql_server()
    try:
        durable = ("ALTER SYSTEM SET fsync = on", "ALTER SYSTEM SET full_page_writes = on")
        server.run(*durable, "SELECT pg_reload_conf()", "CREATE DATABASE soak")
        yield server.url("soak")
    finally:
        server.end()


def histories(count: int) -> bool:
    """Random lives of orders, each step compared with a model that knows nothing of the service."""
    ends = Counter(live_through(seed)[-1] for seed in range(count))
    print(
        f"{count:,} histories as the model says: {', '.join(f'{number:,} {end}' for end, number in ends.most_common())}"
    )
    return True


def crashes(dialect: str, orders: int, kills: int) -> bool:
    """Orders from many clients, with repetitions under the same keys, while the server is killed."""
    bodies = [
        orjson.dumps(overlaid({"order_id": f"CRASH-{number:06d}", "ship_to.phone": f"+1402{number:07d}"}))
        for number in range(orders)
    ]
    with database(dialect) as url, tempfile.TemporaryDirectory(prefix="dq-soak-") as folder:
        server = Killed(Path(folder) / "data", {"DQ_DATABASE_URL": url})
        seen = asyncio.run(run(server, bodies, clients=CLIENTS, kills=kills))
        code = server.end()
        wrong = list(lost_or_doubled(seen, found(url)))
    print(
        f"{dialect}: {len(seen.acknowledged):,} of {orders:,} orders acknowledged, {seen.kills} kills, "
        f"{seen.failures:,} requests without an answer, {seen.repeats:,} repeats; lost or doubled: {len(wrong)}"
    )
    for line in wrong[:5]:
        print(f"  {line}")
    return not wrong and code == 0 and len(seen.acknowledged) == orders and seen.kills == kills


def holds(dialect: str, orders: int) -> bool:
    """Holds that end within a minute, with the server killed twice."""
    bodies = [
        orjson.dumps(overlaid({"order_id": f"HOLD-{number:06d}", "ship_to.address": {}, "ship_to.phone": ""}))
        for number in range(orders)
    ]
    with database(dialect) as url, tempfile.TemporaryDirectory(prefix="dq-soak-") as folder:
        hold_partner(Path(folder) / "data", HOLD)
        server = Killed(Path(folder) / "data", {"DQ_DATABASE_URL": url})
        ended = asyncio.run(run_holds(server, url, bodies, kills=2, seconds=HOLD))
        server.end()
    wrong = list(ended.wrong())
    print(
        f"{dialect}: {len(ended.until):,} holds, the last {ended.latest():.1f} s late; not once, or early: {len(wrong)}"
    )
    for line in wrong[:5]:
        print(f"  {line}")
    return not wrong and len(ended.until) == orders


def growth(dialect: str, orders: int) -> bool:
    """What an order costs while the database fills: streams of new orders, one after the other."""
    now = datetime.now(UTC)
    with database(dialect) as url, tempfile.TemporaryDirectory(prefix="dq-soak-") as folder:
        data, maker = Path(folder) / "data", Maker(3, now)
        for _ in maker.orders(KNOWN):
            pass  # their addresses become the points
        lay_out(data, maker)
        server = Killed(data, {"DQ_DATABASE_URL": url})
        server.start()
        took = asyncio.run(_streams(server, maker, orders))
        server.end()
    tenth = max(1, len(took) // 10)
    first, last = sorted(took[:tenth])[tenth // 2], sorted(took[-tenth:])[tenth // 2]
    costs = f"{first * 1e6:.0f} µs an order at first, {last * 1e6:.0f} at the end: {last / first:.2f}"
    print(f"{dialect}: {orders:,} orders; {costs}")
    print("  " + " ".join(f"{one * 1e6:.0f}" for one in took[:: max(1, len(took) // 20)]))
    return last <= FLAT * first


async def _streams(server: Killed, maker: Maker, orders: int) -> list[float]:
    """Seconds an order, of each stream."""
    await server.ready()
    took = []
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=600) as http:
        for _ in range(max(1, orders // PIECE)):
            content = b"\n".join(orjson.dumps(order) for order in maker.orders(PIECE))
            begun = perf_counter()
            answer = await http.post("/v1/orders/batch", content=content)
            took.append((perf_counter() - begun) / PIECE)
            assert answer.status_code == 200
            assert answer.content.count(b"\n") == PIECE
    return took
