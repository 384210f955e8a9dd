"""Orders sent while the server is told to stop: none that was acknowledged is lost, none under way is cut off."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2
import orjson

from dq_service.engine.proof import overlaid
from tests.web.crashes import Killed, Run

SECONDS = 30.0  # in which all must have stopped


@dataclass(slots=True)
class Stopped:
    """What a stop came to. `late` are requests that found nobody: the server had gone before they were accepted."""

    seen: Run = field(default_factory=Run)
    unready: int = 0  # times that /readyz said 503 while orders were still answered
    late: int = 0
    cut: list[str] = field(default_factory=list)
    code: int = -1


async def stop_under_load(server: Killed, *, clients: int, first: int) -> Stopped:
    """Clients send one order after the other, on kept connections, until the server tells them to go elsewhere."""
    stopped = Stopped()
    told = asyncio.Event()

    async def client(number: int) -> None:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=20) as http:
            for body in orders(first + number * 100_000):
                try:
                    answer = await http.post("/v1/orders", content=body)
                except (httpx2.ConnectError, httpx2.ConnectTimeout):
                    stopped.late += 1
                    return
                except httpx2.TransportError as error:
                    stopped.cut.append(f"{type(error).__name__}: {error}")
                    return
                if answer.status_code not in (200, 201):
                    stopped.seen.wrong.append(f"{answer.status_code}: {answer.text[:200]}")
                    return
                result = answer.json()
                stopped.seen.acknowledged[result["received_id"]] = result["id"]
                if answer.headers.get("connection") == "close":
                    return

    async def watcher() -> None:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=5) as http:
            while True:
                try:
                    stopped.unready += (await http.get("/readyz")).status_code == 503 and told.is_set()
                except httpx2.TransportError:
                    return
                await asyncio.sleep(0.02)

    sending = [asyncio.create_task(client(number)) for number in range(clients)]
    watching = asyncio.create_task(watcher())
    while len(stopped.seen.acknowledged) < 20 * clients and not all(one.done() for one in sending):
        await asyncio.sleep(0.01)
    told.set()
    stopped.code = await asyncio.to_thread(server.end)
    await asyncio.wait_for(asyncio.gather(*sending, watching), SECONDS)
    return stopped


def orders(first: int) -> Iterator[bytes]:
    """Orders with numbers from one on."""
    while True:
        yield orjson.dumps(overlaid({"order_id": f"STOP-{first:08d}", "ship_to.phone": f"+1402{first % 10**7:07d}"}))
        first += 1
