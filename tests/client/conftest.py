"""What the client's tests share: a keeper on a port, and both clients behind one face."""

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dq_service.client import AsyncClient, Client
from tests.client.keeper import Keeper, running

Make = Callable[..., Any]


class Waited:
    """AsyncClient as if it were the client that waits: each call runs on an event loop of its own thread."""

    def __init__(self, *given: Any, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._client = self._wait(self._made(*given, **options))
        self._wait(self._client.__aenter__())

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if inspect.isasyncgenfunction(found):
            return lambda *given, **options: self._each(found(*given, **options))
        return (lambda *given, **options: self._wait(found(*given, **options))) if callable(found) else found

    def close(self) -> None:
        self._wait(self._client.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _made(self, *given: Any, **options: Any) -> AsyncClient:
        return AsyncClient(*given, **options)

    def _each(self, rows: Any) -> Iterator[Any]:
        end = object()
        while (row := self._wait(anext(rows, end))) is not end:
            yield row

    def _wait(self, made: Any) -> Any:
        async def waited() -> Any:
            return await made

        return asyncio.run_coroutine_threadsafe(waited(), self._loop).result(30)


@pytest.fixture(scope="session")
def listening_keeper() -> Iterator[Keeper]:
    with running(Keeper()) as keeper:
        yield keeper


@pytest.fixture
def keeper(listening_keeper: Keeper) -> Keeper:
    """A server that has kept nothing yet."""
    listening_keeper.forget()
    return listening_keeper


@pytest.fixture(params=[Client, Waited], ids=["sync", "async"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes clients of one kind with a spool of the test's own, and closes them."""
    made = []

    def making(url: str, **options: Any) -> Any:
        if options.get("on_unavailable", "spool") == "spool":
            options.setdefault("spool", tmp_path / "spool")
        made.append(request.param(url, **{"timeout": 2.0, **options}))
        return made[-1]

    yield making
    for client in made:
        client.close()


def an_order(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"order_id": f"A-{number}", "partner": "acme", "ship_to": {"address": {"city": "Omaha"}}, **more}
