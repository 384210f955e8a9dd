"""`POST /v1/orders/batch`: orders as NDJSON in, their results as NDJSON out, line by line while they come in.

At most `IN_FLIGHT` lines of a stream are under way; the next is not read before the first of them is answered, so a
sender who is too quick, or a reader who is too slow, is held back by the connection itself. A line fails alone.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from dq_service.faults import told
from dq_service.intake.json_text import write
from dq_service.service.access import Caller
from dq_service.service.ledger import Ledger
from dq_service.web.api.asking import arriving, caller_of, carried_out, partner_for
from dq_service.web.api.body import plain
from dq_service.web.api.check import result_of
from dq_service.web.api.installation import Installation
from dq_service.web.api.problem import Refusal, log

BATCH_PATH: Final = "/v1/orders/batch"
IN_FLIGHT: Final = 64
NDJSON: Final = b"application/x-ndjson"
_FLAGS: Final = {"": True, "true": True, "1": True, "false": False, "0": False}

Answer: TypeAlias = Callable[[bytes, int], Coroutine[Any, Any, bytes]]


class Batch:
    """The call. `max_body` is in bytes and holds for each line; the stream itself may be of any length."""

    def __init__(self, installation: Installation, ledger: Callable[[], Ledger], *, max_body: int) -> None:
        self._installation = installation
        self._ledger = ledger
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        plain(scope)
        answer = self._answer(scope["query_string"].decode("latin-1"), caller_of(scope))
        out = _Out(send)
        try:
            number = 0
            async for line in _lines(partial(out.while_receiving, receive), self._max_body):
                number += 1
                if line is None or line.strip():
                    out.pending.append(asyncio.ensure_future(self._line(answer, line, number)))
                    await out.answered(IN_FLIGHT - 1)
            await out.answered(0)
        finally:
            for task in out.pending:  # whoever sent them has gone: what was taken up is kept all the same
                task.add_done_callback(lambda task: task.cancelled() or task.exception())
        await out.end()

    def _answer(self, query: str, caller: Caller) -> Answer:
        """What answers a line. Raises Refusal for a query that wants what there is not."""
        given = {name: values[-1] for name, values in parse_qs(query).items()}
        keep, mode, named = given.get("keep", ""), given.get("mode", ""), partner_for(caller, given.get("partner", ""))
        if keep not in _FLAGS:
            raise Refusal(400, "keep wants true or false.", parameter="keep")
        if mode not in ("", "backfill"):
            raise Refusal(400, "mode wants backfill, or nothing.", parameter="mode")
        if not _FLAGS[keep]:
            self._installation.current()

            async def checked(line: bytes, number: int) -> bytes:
                return write(result_of(self._installation.current(), line, named, line=number).to_json())

            return checked
        ledger = self._ledger()

        async def kept(line: bytes, number: int) -> bytes:
            step = await carried_out(ledger, arriving(line, named, caller, backfill=mode == "backfill"))
            # The stored result is of no line; `id` and `line` are its first members.
            return step.after.result.replace(b'"line":null', b'"line":%d' % number, 1)

        return kept

    async def _line(self, answer: Answer, line: bytes | None, number: int) -> bytes:
        """The answer to a line: its result, or a problem (RFC 9457) with the line's number."""
        try:
            if line is None:
                raise Refusal(413, f"The line is longer than {self._max_body} bytes, the most that is read.")
            return await answer(line, number)
        except Refusal as refused:
            problem = refused
        except Exception as broke:
            log.error("a line of a batch broke: %s", told(broke))
            problem = Refusal(500, "The service failed on this line.")
        return write({"line": number, **problem.content})


class _Out:
    """The answers that are under way, in the order of the lines, and where they go."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.pending: deque[asyncio.Future[bytes]] = deque()
        self.started = False

    async def answered(self, most: int) -> None:
        """Sends what is done until at most so many lines are under way."""
        ready: list[bytes] = []
        while self.pending and (len(self.pending) > most or self.pending[0].done()):
            ready += (await self.pending[0], b"\n")
            self.pending.popleft()
        if ready:
            await self._start()
            await self.send({"type": "http.response.body", "body": b"".join(ready), "more_body": True})

    async def while_receiving(self, receive: Receive) -> Message:
        """The next message; what is done before it comes is sent, for a sender may wait for it and send nothing."""
        if not self.pending:
            return await receive()
        receiving = asyncio.ensure_future(receive())
        try:
            while self.pending and not receiving.done():
                await asyncio.wait((receiving, self.pending[0]), return_when=asyncio.FIRST_COMPLETED)
                await self.answered(IN_FLIGHT)
            return await receiving
        finally:
            receiving.cancel()

    async def end(self) -> None:
        """Ends the answer, also of an empty stream."""
        await self._start()
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _start(self) -> None:
        if not self.started:
            self.started = True
            await self.send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", NDJSON)]})


async def _lines(receive: Receive, longest: int) -> AsyncIterator[bytes | None]:
    """The lines of a body while it comes in; None for one that is longer than `longest` bytes.

    Raises ClientDisconnect where the sender goes before the end: its last line may be cut short, so it is not taken.
    """
    piece, long = bytearray(), False
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        *whole, rest = message.get("body", b"").split(b"\n")
        for end in whole:
            piece += end
            yield None if long or len(piece) > longest else bytes(piece)
            piece.clear()
            long = False
        piece += rest
        if len(piece) > longest:
            piece.clear()
            long = True
        if not message.get("more_body"):
            break
    if piece or long:
        yield None if long else bytes(piece)
