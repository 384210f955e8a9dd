"""Requests on their way: httpx2's connections, without the client around them, which writes full URLs into the log.

There are no redirects, cookies or proxies of the environment either: an order goes to the service and nowhere else.
httpx2 is imported when the first client is made.
"""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dq_service.client.threads import Busy, Threads
from dq_service.client.wire import NoReply, Reply, Request

if TYPE_CHECKING:
    import ssl

    import httpx2

Verify: TypeAlias = "bool | ssl.SSLContext"

LARGEST: Final = 2**26  # bytes of a reply that are read
LATE: Final = NoReply("timeout")


class Connections:
    """The connections of a client that waits, never for longer than it says: a name server may hang, bytes trickle."""

    def __init__(self, url: str, verify: Verify, proxy: str | None) -> None:
        import httpx2

        self._url = url
        self._transport = httpx2.HTTPTransport(verify=trusted(url, verify), proxy=proxy, limits=limits())
        self._threads = Threads("dq-client")

    def send(self, request: Request, within: float) -> Reply | NoReply:
        """The reply, or why there is none after so many seconds at most."""
        try:
            future = self._threads.submit(partial(self._send, request, monotonic() + within))
        except Busy:
            return NoReply("too many requests hang", reached=False)
        try:
            return future.result(within)
        except TimeoutError:
            return LATE

    def _send(self, request: Request, ends: float) -> Reply | NoReply:
        asked = wired(self._url, request, ends - monotonic())
        try:
            response = self._transport.handle_request(asked)
            try:
                pieces, size = [], 0
                for piece in response.iter_bytes():
                    pieces.append(piece)
                    size += len(piece)
                    if size > LARGEST or monotonic() > ends:
                        return cut(size)
            finally:
                response.close()
            return reply_of(response, b"".join(pieces))
        except Exception as error:
            return no_reply(error)

    def close(self) -> None:
        """Closes them all."""
        self._threads.close()
        self._transport.close()


def trusted(url: str, verify: Verify) -> Verify:
    """What certificates are verified with; nothing is loaded for a service that is not asked over TLS."""
    return verify if url.startswith("https:") else False


def limits() -> httpx2.Limits:
    import httpx2

    return httpx2.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=5.0)


def wired(url: str, request: Request, within: float) -> httpx2.Request:
    import httpx2

    extensions: dict[str, Any] = {"timeout": httpx2.Timeout(max(within, 0.001)).as_dict()}
    return httpx2.Request(
        request.method, url + request.path, content=request.body or None, headers=request.headers, extensions=extensions
    )


def reply_of(response: httpx2.Response, body: bytes) -> Reply:
    return Reply(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)


def cut(size: int) -> NoReply:
    return NoReply("the reply is too large") if size > LARGEST else LATE


def no_reply(error: Exception) -> NoReply:
    """Whatever breaks on the way is no answer, and the order is cared for. Only its class: a text may have the URL."""
    import httpx2

    before = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
    return NoReply(type(error).__name__, reached=not isinstance(error, before))
