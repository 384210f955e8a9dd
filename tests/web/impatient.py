"""A server with next to nothing in it and little patience: `python -m tests.web.impatient`."""

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from dq_service.web.patience import Patience
from dq_service.web.serve import serve

PATIENCE = Patience(connections=50, head=1, pause=1, stream=6, reading=2, notice=1)
LARGE = 64 * 2**20


async def small(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the size of the body; `/large` with more than a socket holds, `/slow` after a second and a half."""
    while scope["type"] == "lifespan":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
    try:
        size = len(await Request(scope, receive).body())
    except ClientDisconnect:
        return
    if scope["path"] == "/slow":
        import asyncio

        await asyncio.sleep(1.5)
    answer = b"x" * LARGE if scope["path"] == "/large" else str(size).encode()
    length = (b"content-length", str(len(answer)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": answer})


def application(place: int, restarted: bool) -> ASGIApp:
    return small


if __name__ == "__main__":
    raise SystemExit(serve(application, port=0, patience=PATIENCE))
