"""A connection of uvicorn's that does not wait for ever, and that is refused where there are too many."""

import asyncio
from http import HTTPStatus
from typing import Any, Final, cast

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dq_service.meters import Meters
from dq_service.web.api.batch import BATCH_PATH
from dq_service.web.api.problem import MEDIA_TYPE
from dq_service.web.patience import Patience

LONGEST_HEAD: Final = 2**16  # bytes of a request's line and headers
BEYOND: Final = 64  # connections past the limit that are told so; those after them are closed without a word

_SAID: Final = {
    408: "The request took too long to arrive.",
    431: f"The request's head is larger than {LONGEST_HEAD} bytes, the most that is read.",
    503: "Too many connections are open.",
}


class Connection(HttpToolsProtocol):
    """One connection. `look` is called once a second, so that a request costs no timer.

    Its patience and its meters stand in the server's state (web/server.py).
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._patience: Patience = self.app_state["patience"]
        self._meters: Meters = self.app_state["meters"]
        self._heard = self._head_since = self.loop.time()
        self._head = 0  # bytes of a head that is not whole yet
        self._refused = False
        self._unread = (0, self._heard)  # bytes that the reader has not taken, and when it took some

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        count = len(self.connections)
        if count > self._patience.connections:
            self._meters.refused.add(("many",))
            self._refused = True  # told so when it has asked: what is closed unread is reset
            if count > self._patience.connections + BEYOND:
                self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            self._close(503, {"Retry-After": "1"})
            return
        self._heard = self.loop.time()
        super().data_received(data)
        if not self._in_head or self.transport.is_closing():
            self._head = 0
            return
        self._head += len(data)
        if self._head > LONGEST_HEAD:
            self._end("head", 431)

    def on_message_begin(self) -> None:
        self._head_since = self.loop.time()
        super().on_message_begin()

    def on_response_complete(self) -> None:
        self._head_since = self.loop.time()
        super().on_response_complete()

    def look(self, now: float) -> None:
        """Ends the connection if it has tried our patience."""
        patience = self._patience
        size = self.transport.get_write_buffer_size()
        if not size or size < self._unread[0]:
            self._unread = (size, now)
        elif now - self._unread[1] > patience.reading:
            self._meters.refused.add(("reading",))
            self.transport.abort()  # closing would wait for the reader
            return
        self._unread = (size, self._unread[1])
        if self.transport.is_closing():
            return
        if self._in_head or self.cycle is None or self.cycle.response_complete:
            if now - self._head_since > patience.head:
                self._end("head", 408 if self._in_head else None)
        elif self.cycle.more_body and not self.flow.read_paused:
            pause = patience.stream if self.cycle.scope["path"] == BATCH_PATH else patience.pause
            if now - self._heard > pause:
                self._end("body", None if self.cycle.response_started else 408)

    @property
    def _in_head(self) -> bool:
        """Whether a request has begun whose head is not whole yet."""
        return self.scope is not None and (self.cycle is None or self.cycle.scope is not self.scope)

    def _end(self, why: str, status: int | None) -> None:
        """Closes the connection, with an answer where one can still be given."""
        self._meters.refused.add((why,))
        if status is None:
            self.transport.close()
        else:
            self._close(status, {})

    def _close(self, status: int, headers: dict[str, str]) -> None:
        phrase = HTTPStatus(status).phrase
        problem = {"type": "about:blank", "title": phrase, "status": status, "detail": _SAID[status]}
        body = orjson.dumps(problem)
        shown = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), "connection": "close", **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in shown.items())
        self.transport.write(f"HTTP/1.1 {status} {phrase}\r\n{head}\r\n".encode() + body)
        self.transport.close()
