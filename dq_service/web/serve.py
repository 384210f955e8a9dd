"""The server: an application on one port, in one process or several, and the line that says where it is."""

import errno
import os
import socket
import sys
from typing import Final

from dq_service.web.patience import Patience
from dq_service.web.server import GRACE, Application, Server

HOST: Final = "127.0.0.1"
PORT: Final = 8000
MISUSE: Final = 2  # exit code: wrong use
PATIENT: Final = Patience()


def serve(
    application: Application,
    *,
    host: str = HOST,
    port: int = PORT,
    workers: int = 1,
    note: str = "",
    patience: Patience = PATIENT,
) -> int:
    """Serves until it is told to stop (SIGINT, SIGTERM); the exit code. Port 0 takes any free one.

    Prints one line with the URL, and `note`, once it is ready. A port that cannot be had is one line on standard error
    and 2.
    With several workers each makes the application in a process of its own: `application` must then be picklable.
    """
    try:
        listening = _listen(host, port)
    except socket.gaierror:
        return _misuse(f"no host {host}, or no port {port}")
    except OverflowError:
        return _misuse(f"no port {port}; ports go up to 65535")
    except OSError as error:
        other = "; choose another with --port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else ""
        return _misuse(f"cannot listen on {host} port {port}: {os.strerror(error.errno or 0)}{other}")
    shown = f"[{host}]" if ":" in host else host
    line = f"dq-service on http://{shown}:{listening.getsockname()[1]}{note}"
    if workers > 1:
        from dq_service.web.workers import Workers

        return Workers(application, listening, workers, GRACE, patience).run(lambda: print(line, flush=True))
    Server(application(0, False), lambda: print(line, flush=True), patience).run(sockets=[listening])
    return 0


def _misuse(why: str) -> int:
    print(f"dq serve: {why}", file=sys.stderr)
    return MISUSE


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises OSError (the port is taken, no such host), OverflowError (no such port)."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return socket.create_server(address[:2], family=family, backlog=2048)
