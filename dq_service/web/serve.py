"""The server: uvicorn on one port, loopback by default, quiet but for the line that says where it is."""

import gc
import os
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn

from dq_service.web.api.check import DEADLINE_MS, MAX_BODY
from dq_service.web.api.installation import Watched
from dq_service.web.application import create_app

HOST: Final = "127.0.0.1"
PORT: Final = 8000
GRACE: Final = 10  # seconds that requests under way have when the server is told to stop
MISUSE: Final = 2  # exit code: wrong use


def serve(
    opening: Callable[[], Watched],
    *,
    host: str = HOST,
    port: int = PORT,
    deadline_ms: int = DEADLINE_MS,
    max_body: int = MAX_BODY,
) -> int:
    """Serves until it is told to stop (SIGINT, SIGTERM); the exit code. Port 0 takes any free one.

    Prints one line with the URL once it is ready. A port that cannot be had is one line on standard error and 2.
    """
    try:
        listening = _listen(host, port)
    except socket.gaierror:
        return _misuse(f"no host {host}, or no port {port}")
    except OverflowError:
        return _misuse(f"no port {port}; ports go up to 65535")
    except OSError as error:
        return _misuse(f"cannot listen on {host} port {port}: {os.strerror(error.errno or 0)}")
    config = uvicorn.Config(
        create_app(opening, deadline_ms=deadline_ms, max_body=max_body),
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
    shown = f"[{host}]" if ":" in host else host
    Server(config, f"http://{shown}:{listening.getsockname()[1]}").run(sockets=[listening])
    return 0


class Server(uvicorn.Server):
    """uvicorn's server that says where it is when it is ready, and for which being told to stop is no failure."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            gc.freeze()  # rules and tables stay as they are: a full collection would hold up a request for 15 ms
            print(f"dq-service on {self._url}", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal lets requests under way end, a second does not wait for them."""
        self.force_exit = self.should_exit
        self.should_exit = True


def _misuse(why: str) -> int:
    print(f"dq serve: {why}", file=sys.stderr)
    return MISUSE


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises OSError (the port is taken, no such host), OverflowError (no such port)."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return socket.create_server(address[:2], family=family, backlog=2048)
