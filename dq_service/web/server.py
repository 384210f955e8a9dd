"""One process that serves an application on a listening socket, by uvicorn."""

import asyncio
import gc
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Final, TypeAlias

import uvicorn
from starlette.types import ASGIApp

from dq_service.meters import Meters
from dq_service.web.connection import Connection
from dq_service.web.patience import Patience

Application: TypeAlias = Callable[[int, bool], ASGIApp]  # of the worker's place from 0; True: the one there before died

# A full collection goes through all that is remembered and stops every request for tens of milliseconds; there is
# hardly any cyclic garbage, so it comes a hundred times less often than by default.
COLLECTING: Final = (5_000, 20, 200)
SPARE_FILES: Final = 256  # besides connections: the database's, webhooks', our own
GRACE: Final = 10  # seconds that requests under way have when the server is told to stop


class Server(uvicorn.Server):
    """uvicorn's server that tells when it is ready, and for which being told to stop is no failure."""

    def __init__(self, application: ASGIApp, ready: Callable[[], None], patience: Patience) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                loop="uvloop" if sys.platform != "win32" else "asyncio",
                http=Connection,
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
        self._patience = patience

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        _allow_files(self._patience.connections + SPARE_FILES)
        self.lifespan.state.update(patience=self._patience, meters=Meters())  # for connections
        await super().startup(sockets)
        if self.started:
            gc.freeze()  # rules and tables stay as they are: a full collection would hold up a request for 15 ms
            gc.set_threshold(*COLLECTING)
            gc.enable()  # off while much is loaded that stays
            self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        if counter % 10 == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.look(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Says that it stops, and only then does.

        /readyz turns 503, and the streams end: they are requests, too, and would otherwise be waited for. While the
        notice lasts everybody is answered, and each answer closes its connection, so that whoever goes on sending does
        so elsewhere. Then no connection is accepted any more, and what is under way has its grace.
        """
        leaving = self.lifespan.state.get("leaving")
        if leaving is not None:
            leaving()
        self.server_state.default_headers.append((b"connection", b"close"))  # also of requests under way
        end = time.monotonic() + self._patience.notice
        while time.monotonic() < end and not self.force_exit:
            await asyncio.sleep(0.02)
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal lets requests under way end, a second does not wait for them."""
        self.force_exit = self.should_exit
        self.should_exit = True


def _allow_files(wanted: int) -> None:
    """Lets this process have so many files and connections open, as far as the system allows it to ask for them."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
