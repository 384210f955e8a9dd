"""Orders sent while the server is killed again and again: what was acknowledged must be there, once."""

import asyncio
import random
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from uuid import UUID

import httpx2
import orjson
import sqlalchemy as sa

from dq_service.store.database import Database
from dq_service.store.schema import BODIES, ORDERS, OUTBOX
from tests.web.served import command, environment

PATIENCE = 300.0  # seconds after which a run has failed


@dataclass(slots=True)
class Run:
    """What a run came to."""

    acknowledged: dict[str, str] = field(default_factory=dict)  # received id -> our id
    answers: int = 0
    repeats: int = 0
    failures: int = 0  # requests that had no answer, or were told to come again
    kills: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """What the database holds after a run."""

    orders: dict[str, str]  # our id -> received id
    received: list[str]  # order ids of the `order.received` events
    bodies: int


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class Killed:
    """A server that can be killed and is started again on the same port."""

    def __init__(self, data: Path, variables: Mapping[str, str]) -> None:
        self.port = free_port()
        self._command = command(data, self.port)
        self._environment = {**environment(), **variables}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it; it is ready a moment later."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, env=self._environment)

    async def ready(self) -> None:
        """Waits until it answers that it is ready."""
        end = monotonic() + PATIENCE
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=5) as http:
            while monotonic() < end:
                with suppress(httpx2.TransportError):
                    if (await http.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def end(self) -> int:
        """Stops it as one should; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)


async def run(server: Killed, orders: list[bytes], *, clients: int, kills: int, seed: int = 1) -> Run:
    """Every client sends its orders one after the other, each until it has an answer, under one key for each order."""
    pick, seen = random.Random(seed), Run()
    waiting = iter(list(enumerate(orders)))
    begun = monotonic()
    server.start()

    async def client(http: httpx2.AsyncClient, pick: random.Random) -> None:
        for number, body in waiting:
            key = str(UUID(int=pick.getrandbits(128), version=4))
            while monotonic() - begun < PATIENCE:
                if await sent(http, number, body, key):
                    break
                await asyncio.sleep(pick.uniform(0.01, 0.2))
            if pick.random() < 0.2:  # an answer that was lost on its way
                await sent(http, number, body, key)

    async def sent(http: httpx2.AsyncClient, number: int, body: bytes, key: str) -> bool:
        try:
            answer = await http.post("/v1/orders", content=body, headers={"Idempotency-Key": key})
        except httpx2.TransportError:
            seen.failures += 1
            return False
        if answer.status_code in (409, 503):
            seen.failures += 1
            return False
        if answer.status_code not in (200, 201):
            seen.wrong.append(f"{answer.status_code} for order {number}")
            return True
        result = answer.json()
        seen.answers += 1
        seen.repeats += answer.status_code == 200
        known = seen.acknowledged.setdefault(result["received_id"], result["id"])
        if known != result["id"] or result["received_id"] != orjson.loads(body)["order_id"]:
            seen.wrong.append(f"order {number} has two ids or another's answer")
        return True

    async def killer() -> None:
        for target in sorted(pick.sample(range(1, len(orders) * 9 // 10), kills)):
            while len(seen.acknowledged) < target and not seen.wrong and monotonic() - begun < PATIENCE:
                await asyncio.sleep(0.002)
            await asyncio.to_thread(server.kill)
            seen.kills += 1
            server.start()

    limits = httpx2.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=10, limits=limits) as http:
        killing = asyncio.create_task(killer())
        await asyncio.gather(*(client(http, random.Random(f"{seed}-{number}")) for number in range(clients)))
        await killing
    return seen


def found(url: str) -> Found:
    """What is in the database."""
    database = Database.open(url)
    try:
        with database.reading() as connection:
            orders = connection.execute(sa.select(ORDERS.c.id, ORDERS.c.received_id)).all()
            received = connection.execute(sa.select(OUTBOX.c.order_id).where(OUTBOX.c.type == "order.received")).all()
            bodies = connection.scalar(sa.select(sa.func.count()).select_from(BODIES)) or 0
        return Found({row[0]: row[1] for row in orders}, [row[0] for row in received], bodies)
    finally:
        database.close()


def lost_or_doubled(seen: Run, kept: Found) -> Iterator[str]:
    """All that is not as it must be."""
    yield from seen.wrong
    for received_id, id_ in seen.acknowledged.items():
        if kept.orders.get(id_) != received_id:
            yield f"{received_id} was acknowledged and is lost"
    if len(set(kept.orders.values())) != len(kept.orders):
        yield "an order is there twice"
    if sorted(kept.received) != sorted(kept.orders):
        yield f"{len(kept.received)} events for {len(kept.orders)} orders"
    if kept.bodies != len(kept.orders):
        yield f"{kept.bodies} bodies for {len(kept.orders)} orders"


# --- holds that end while the server is killed ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ended:
    """How the holds of a run ended: orders held, and by order the instants of what was announced of the end."""

    until: dict[str, datetime]  # our id -> when its hold was to end
    ends: dict[str, list[tuple[str, datetime]]]  # our id -> type and time of order.expired, released, refused

    def wrong(self) -> Iterator[str]:
        """All that is not as it must be: every hold ends once, by what its partner wants, and never early."""
        for id_, until in self.until.items():
            ends = self.ends.get(id_, [])
            if [name for name, _ in ends] != ["order.expired", "order.refused"]:
                yield f"{id_} ended with {[name for name, _ in ends]}"
            elif min(at for _, at in ends) < until:
                yield f"{id_} ended {until - min(at for _, at in ends)} early"

    def latest(self) -> float:
        """Seconds by which the last hold ended late."""
        return max((at - self.until[id_]).total_seconds() for id_, ends in self.ends.items() for _, at in ends)


def hold_partner(data: Path, seconds: int) -> None:
    """A partner whose orders are held for so long, and then refused."""
    (data / "partners").mkdir(parents=True)
    text = f"name: holder\npolicy: {{hold_max: PT{seconds}S, then: refuse, never_release: []}}\n"
    (data / "partners" / "holder.yaml").write_text(text)


async def run_holds(server: Killed, url: str, orders: list[bytes], *, kills: int, seconds: int) -> Ended:
    """Sends orders that are held, kills the server while their holds end, and waits until none is left."""
    server.start()
    await server.ready()
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=60) as http:
        answer = await http.post("/v1/orders/batch?partner=holder", content=b"\n".join(orders))
    results = [orjson.loads(line) for line in answer.content.splitlines()]
    until = {one["id"]: datetime.fromisoformat(one["hold"]["until"]) for one in results}
    for _ in range(kills):
        await asyncio.sleep(seconds / (kills + 1))
        await asyncio.to_thread(server.kill)
        server.start()
        await server.ready()
    database, end = Database.open(url), monotonic() + seconds + PATIENCE
    held = sa.select(sa.func.count()).select_from(ORDERS).where(ORDERS.c.lifecycle == "held")
    ending = ("order.expired", "order.released", "order.refused")
    try:
        while monotonic() < end:
            with database.reading() as connection:
                if not connection.scalar(held):
                    break
            await asyncio.sleep(0.2)
        with database.reading() as connection:
            rows = connection.execute(
                sa.select(OUTBOX.c.order_id, OUTBOX.c.type, OUTBOX.c.at)
                .where(OUTBOX.c.type.in_(ending))
                .order_by(OUTBOX.c.seq)
            ).all()
    finally:
        database.close()
    ends: dict[str, list[tuple[str, datetime]]] = {}
    for order_id, name, at in rows:
        ends.setdefault(order_id, []).append((name, at))
    return Ended(until, ends)
