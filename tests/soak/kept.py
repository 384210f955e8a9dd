"""Kept orders under trouble and in number: servers killed, holds that end, a database that fills."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
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
SHORT_PIECE = 2_000  # orders in one stream while two servers are compared
TURNS = 15
FLAT = 1.2  # what an order may cost in a full database, to what it costs in an empty one


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
    """What an order costs in a full database, beside an empty one: the same streams to both, in turn.

    In turn, because a machine's own ups and downs over the minutes of filling are larger than what is looked for.
    """
    now = datetime.now(UTC)
    with (
        database(dialect) as url,
        database(dialect) as empty_url,
        tempfile.TemporaryDirectory(prefix="dq-soak-") as folder,
        tempfile.TemporaryDirectory(prefix="dq-soak-") as empty_folder,
    ):
        maker = Maker(3, now)
        for _ in maker.orders(KNOWN):
            pass  # their addresses become the points
        full, empty = (
            _laid_out(Path(one) / "data", maker, address) for one, address in ((folder, url), (empty_folder, empty_url))
        )
        full.start()
        filling = asyncio.run(_filled(full, maker, orders))
        empty.start()
        took = asyncio.run(_in_turn((full, empty), maker))
        full.end()
        empty.end()
    print(
        f"{dialect}: {orders:,} orders; while filling, µs an order: {' '.join(f'{one * 1e6:.0f}' for one in filling)}"
    )
    of_full, of_empty = (median(one) * 1e6 for one in took)
    print(f"  full {of_full:.0f} µs an order, empty {of_empty:.0f}, in turn: {of_full / of_empty:.2f}")
    return of_full <= FLAT * of_empty


def _laid_out(data: Path, maker: Maker, url: str) -> Killed:
    """A server, not yet started, that knows the maker's partner, articles and addresses."""
    lay_out(data, maker)
    return Killed(data, {"DQ_DATABASE_URL": url})


async def _filled(server: Killed, maker: Maker, orders: int) -> list[float]:
    """Seconds an order, twenty times on the way."""
    await server.ready()
    took = []
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=600) as http:
        for _ in range(max(1, orders // PIECE)):
            took.append(await _stream(http, [orjson.dumps(order) for order in maker.orders(PIECE)]))
    return took[:: max(1, len(took) // 20)]


async def _in_turn(servers: tuple[Killed, Killed], maker: Maker) -> tuple[list[float], list[float]]:
    """Seconds an order of each server, in many short streams."""
    took: tuple[list[float], list[float]] = ([], [])
    async with AsyncExitStack() as stack:
        calls = []
        for server in servers:
            await server.ready()
            url = f"http://127.0.0.1:{server.port}"
            calls.append(await stack.enter_async_context(httpx2.AsyncClient(base_url=url, timeout=600)))
        for number in range(-2, TURNS):
            orders = [orjson.dumps(order) for order in maker.orders(SHORT_PIECE)]
            for http, times in zip(calls, took, strict=True):
                one = await _stream(http, orders)
                if number >= 0:
                    times.append(one)
    return took


async def _stream(http: httpx2.AsyncClient, orders: list[bytes]) -> float:
    """Seconds an order of one stream."""
    begun = perf_counter()
    answer = await http.post("/v1/orders/batch", content=b"\n".join(orders))
    took = (perf_counter() - begun) / len(orders)
    assert answer.status_code == 200
    assert answer.content.count(b"\n") == len(orders)
    return took
