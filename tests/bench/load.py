"""Load on an HTTP server, from connections that hold one request each: as much as it takes, or at a given rate.

Requests are whole before they are sent and answers are only counted, so that the server is what is measured.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import cast

CONNECTIONS = 8
MOST_CONNECTIONS = 64


@dataclass(slots=True)
class Tally:
    """What came back: seconds from when a request was due to its answer, and answers that were no success."""

    seconds: float = 0.0
    answers: int = 0
    refused: int = 0
    took: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        """Milliseconds within which that share of the answers came."""
        return sorted(self.took)[min(len(self.took) - 1, int(share * len(self.took)))] * 1000 if self.took else 0.0


class Connection(asyncio.Protocol):
    """One connection that is kept; `answered` is called with it and the status of each answer."""

    def __init__(self, answered: "Callable[[Connection, bytes], None]") -> None:
        self._answered = answered
        self._waiting = bytearray()
        self.due = 0.0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        if self._waiting:
            self._waiting += data
            data = bytes(self._waiting)
        head, found, body = data.partition(b"\r\n\r\n")
        if found:
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            if len(body) >= int(length):
                self._waiting.clear()
                self._answered(self, head[9:12])
                return
        if not self._waiting:
            self._waiting += data


async def closed_loop(port: int, requests: Iterator[bytes], seconds: float, connections: int = CONNECTIONS) -> Tally:
    """Every connection sends its next request when it has its answer: the most that the server takes."""
    tally, over = Tally(), False

    def send(connection: Connection) -> None:
        connection.due = perf_counter()
        connection.transport.write(next(requests))

    def answered(connection: Connection, status: bytes) -> None:
        tally.answers += 1
        tally.refused += status[:1] != b"2"
        if over:
            connection.transport.close()
        else:
            send(connection)

    for connection in await _connect(port, connections, answered):
        send(connection)
    begun = perf_counter()
    await asyncio.sleep(seconds)
    tally.seconds = perf_counter() - begun
    counted = tally.answers
    over = True
    await asyncio.sleep(0.1)
    tally.answers = counted
    return tally


async def open_loop(
    port: int, requests: Iterator[bytes], seconds: float, rate: float, seed: int = 1, *, rest: bool = False
) -> Tally:
    """Requests come when they come (exponential gaps, `rate` a second); waiting for a free connection counts.

    `rest`: this process lets go of its core between them, for a database that needs it; they come up to 1 ms late.
    """
    tally, pick, loop = Tally(), random.Random(seed), asyncio.get_running_loop()
    late: deque[float] = deque()
    finished = asyncio.Event()

    def send(connection: Connection, due: float) -> None:
        connection.due = due
        connection.transport.write(next(requests))

    def answered(connection: Connection, status: bytes) -> None:
        tally.took.append(perf_counter() - connection.due)
        tally.refused += status[:1] != b"2"
        if late:
            send(connection, late.popleft())
        else:
            idle.append(connection)

    idle = list(await _connect(port, MOST_CONNECTIONS, answered))
    connections = list(idle)
    begun = perf_counter()
    coming = begun

    def tick() -> None:
        # Timers of the loop are a millisecond coarse, longer than a check takes: so it turns without rest for one.
        nonlocal coming
        now = perf_counter()
        while coming <= now:
            if idle:
                send(idle.pop(), coming)
            else:
                late.append(coming)
            coming += pick.expovariate(rate)
        if now - begun < seconds and rest:
            loop.call_later(0.001, tick)
        elif now - begun < seconds:
            loop.call_soon(tick)
        else:
            finished.set()

    tick()
    await finished.wait()
    await asyncio.sleep(0.2)
    tally.seconds, tally.answers = seconds, len(tally.took)
    for connection in connections:
        connection.transport.close()
    return tally


def post(path: str, body: bytes) -> bytes:
    """A whole request."""
    kind = "Content-Type: application/json"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _connect(port: int, count: int, answered: Callable[[Connection, bytes], None]) -> list[Connection]:
    loop = asyncio.get_running_loop()
    made = [loop.create_connection(lambda: Connection(answered), "127.0.0.1", port) for _ in range(count)]
    return [connection for _, connection in await asyncio.gather(*made)]
