"""Requests on their way for asyncio: as `transport` has them, and a place for work that waits for a disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from dq_service.client.transport import LARGEST, LATE, Verify, cut, limits, no_reply, reply_of, trusted, wired
from dq_service.client.wire import NoReply, Reply, Request

T = TypeVar("T")

DISK: Final = 16  # threads that wait for disks: a disk syncs many files in the time of one


class AsyncConnections:
    """The connections of a client on an event loop. Disks have threads of their own, which no name server can fill."""

    def __init__(self, url: str, verify: Verify, proxy: str | None) -> None:
        import httpx2

        self._url = url
        self._transport = httpx2.AsyncHTTPTransport(verify=trusted(url, verify), proxy=proxy, limits=limits())
        self._disk = ThreadPoolExecutor(DISK, "dq-spool")

    async def send(self, request: Request, within: float) -> Reply | NoReply:
        """The reply, or why there is none after so many seconds at most."""
        asked = wired(self._url, request, within)
        try:
            async with asyncio.timeout(within):
                response = await self._transport.handle_async_request(asked)
                try:
                    pieces, size = [], 0
                    async for piece in response.aiter_bytes():
                        pieces.append(piece)
                        size += len(piece)
                        if size > LARGEST:
                            return cut(size)
                finally:
                    await response.aclose()
                return reply_of(response, b"".join(pieces))
        except TimeoutError:
            return LATE
        except Exception as error:
            return no_reply(error)

    async def work(self, call: Callable[[], T]) -> T:
        """What the call returns or raises."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, call)

    async def close(self) -> None:
        """Closes them all."""
        self._disk.shutdown(wait=False)
        await self._transport.aclose()
