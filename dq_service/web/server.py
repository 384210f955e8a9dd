"""One process that serves an application on a listening socket, by uvicorn."""

import gc
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final, TypeAlias

import uvicorn
from starlette.types import ASGIApp

Application: TypeAlias = Callable[[int, bool], ASGIApp]  # of the worker's place from 0; True: the one there before died

# A full collection goes through all that is remembered and stops every request for tens of milliseconds; there is
# hardly any cyclic garbage, so it comes a hundred times less often than by default.
COLLECTING: Final = (5_000, 20, 200)
GRACE: Final = 10  # seconds that requests under way have when the server is told to stop


class Server(uvicorn.Server):
    """uvicorn's server that tells when it is ready, and for which being told to stop is no failure."""

    def __init__(self, application: ASGIApp, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                loop="uvloop" if sys.platform != "win32" else "asyncio",
                http="httptools",
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            gc.freeze()  # rules and tables stay as they are: a full collection would hold up a request for 15 ms
            gc.set_threshold(*COLLECTING)
            gc.enable()  # off while much is loaded that stays
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """First the streams end: they are requests, too, and would otherwise be waited for."""
        leaving = self.lifespan.state.get("leaving")
        if leaving is not None:
            leaving()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal lets requests under way end, a second does not wait for them."""
        self.force_exit = self.should_exit
        self.should_exit = True
