"""Two workers with next to nothing in them: `python -m tests.web.small_workers [fail]`."""

import sys

from starlette.types import ASGIApp, Receive, Scope, Send

from dq_service.web.serve import serve


async def small(scope: Scope, receive: Receive, send: Send) -> None:
    """Starts and stops, and answers nothing."""
    while scope["type"] == "lifespan":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def application(place: int, restarted: bool) -> ASGIApp:
    return small


def failing(place: int, restarted: bool) -> ASGIApp:
    """One of the two never comes up."""
    if place:
        raise SystemExit(3)
    return small


if __name__ == "__main__":
    raise SystemExit(serve(failing if sys.argv[1:] else application, port=0, workers=2))
