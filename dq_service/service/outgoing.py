"""What leaves the service for an address that a user named: signed, and never into a network that is not public.

A name is resolved once for an attempt, every address is judged, and the connection goes to a judged address; Host and
the TLS name stay what the URL says. So a name that points inside, or that points elsewhere a moment later, reaches
nothing. There are no redirects, no proxies from the environment, and of the answer only the status counts.
"""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import logging
import secrets
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx2

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

TIMEOUT: Final = 15.0  # seconds that one attempt may take, whole; Standard Webhooks recommends 15 to 30
MOST_READ: Final = 2**14  # bytes of an answer that are read; a longer one costs its connection, nothing else
LONGEST_WAIT: Final = 3600.0  # seconds that a Retry-After may ask for
LONGEST_URL: Final = 2000
SECRET_BYTES: Final = 32
_RESOLVERS: Final = 16  # threads that ask for names: a name server that hangs holds up no thread of others
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_TUNNELS: Final = (ipaddress.IPv6Network("2001::/32"), ipaddress.IPv6Network("2002::/16"))  # Teredo, 6to4
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address


class Forbidden(ValueError):
    """A URL, or an address behind it, that nothing is sent to; the text says why and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How an attempt ended: the answer's status, None where none came, and then a word for why.

    `error` is one of timeout, name, address, connection, tls, protocol; "" with a status. `retry_after` is in
    seconds, 0 where the receiver asked for nothing.
    """

    status: int | None
    error: str = ""
    retry_after: float = 0.0

    @property
    def accepted(self) -> bool:
        """Whether the receiver has it: 2xx and nothing else."""
        return self.status is not None and 200 <= self.status < 300


def new_secret() -> str:
    """A signing secret as Standard Webhooks writes it: `whsec_` and 32 random bytes in Base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed(secret: str, message: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks 1.0 for a message: its id, the attempt's Unix time, the signature."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message}.{seconds}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": message, "webhook-timestamp": str(seconds), "webhook-signature": signature}


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet (IANA's special-purpose registries, RFC 6890)."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST or any(address in tunnel for tunnel in _TUNNELS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _plain(address: Address) -> Address:
    """An IPv4 address that is written as IPv6, as what it is."""
    return (address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None) or address


class Outgoing:
    """The way out. `networks` are those, besides the public internet, that the operator allows.

    Plain http goes into these only. `resolve` gives a name's addresses for a port; the system's resolver unless set.
    """

    def __init__(
        self, networks: Iterable[Network] = (), *, resolve: Resolve | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._networks = tuple(networks)
        self._threads = ThreadPoolExecutor(_RESOLVERS, "resolve")
        self._resolve = resolve or self._ask_the_system
        self._tls = tls or httpx2.create_ssl_context()
        for name in ("httpx2", "httpcore2"):  # they log URLs, and a URL may hold a receiver's token
            logging.getLogger(name).setLevel(logging.WARNING)

    async def examine(self, url: str) -> None:
        """Raises Forbidden for a URL that nothing would be sent to. A name that is not known yet passes."""
        scheme, host, port = _parts(url)
        try:
            addresses = await asyncio.wait_for(self._resolve(host, port), TIMEOUT)
        except (OSError, TimeoutError):
            addresses = []
        if addresses:
            self._allowed(addresses, scheme)
        elif scheme == "http" and not self._networks:
            raise Forbidden("The URL wants https.")

    def line(self, url: str, *, connections: int, timeout: float = TIMEOUT) -> "Line":
        """A line of its own to one receiver, so that receivers share no connection and no queue."""
        return Line(self, url, connections, timeout)

    def close(self) -> None:
        """Lets the resolving threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _place(self, scheme: str, host: str, port: int) -> str:
        """The judged address to connect to. Raises Forbidden, OSError (no such name)."""
        return self._allowed(await self._resolve(host, port), scheme)

    def _allowed(self, addresses: Iterable[str], scheme: str) -> str:
        """The first address that may be connected to."""
        reason = "The URL's host is not on the public internet."
        for text in addresses:
            address = ipaddress.ip_address(text.partition("%")[0])
            if any(_plain(address) in network for network in self._networks):
                return text
            if not is_public(address):
                continue
            if scheme == "https":
                return text
            reason = "The URL wants https."
        raise Forbidden(reason)

    async def _ask_the_system(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _system_addresses, host, port)
        return list(dict.fromkeys(found))


class Line:
    """The way to one receiver: its connections are kept open between attempts."""

    def __init__(self, outgoing: Outgoing, url: str, connections: int, timeout: float) -> None:
        self._outgoing = outgoing
        self._url = url
        self._timeout = timeout
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=60)
        self._client = httpx2.AsyncClient(
            verify=outgoing._tls, trust_env=False, follow_redirects=False, limits=limits, timeout=timeout
        )

    async def post(self, body: bytes, headers: dict[str, str]) -> Sent:
        """One attempt. It never raises for what the receiver does, and ends within the timeout."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._post(body, headers)
        except (TimeoutError, httpx2.TimeoutException):
            return Sent(None, "timeout")
        except Forbidden:
            return Sent(None, "address")
        except httpx2.ConnectError as error:
            return Sent(None, "tls" if _is_tls(error) else "connection")
        except httpx2.NetworkError:
            return Sent(None, "connection")
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError):
            return Sent(None, "protocol")
        except OSError:  # of the resolver, and UnicodeError below: a label that is no name
            return Sent(None, "name")
        except UnicodeError:
            return Sent(None, "name")

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _post(self, body: bytes, headers: dict[str, str]) -> Sent:
        scheme, host, port = _parts(self._url)
        place = await self._outgoing._place(scheme, host, port)
        url = httpx2.URL(self._url)
        sending = self._client.stream(
            "POST",
            url.copy_with(host=place),
            content=body,
            headers={**headers, "host": url.netloc.decode("ascii"), "user-agent": "dq-service"},
            extensions={"sni_hostname": host},
        )
        async with sending as answer:
            read = 0
            async for piece in answer.aiter_raw():
                read += len(piece)
                if read > MOST_READ:
                    break
            return Sent(answer.status_code, retry_after=_seconds(answer.headers.get("retry-after", "")))


def _parts(url: str) -> tuple[str, str, int]:
    """Scheme, host in its ASCII form, and port. Raises Forbidden."""
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url or "\\" in url:
        raise Forbidden("The URL is not one.")
    try:
        split = urlsplit(url)
        port = split.port
        host = httpx2.URL(url).raw_host.decode("ascii").strip("[]")
    except (ValueError, httpx2.InvalidURL):
        raise Forbidden("The URL is not one.") from None
    if split.scheme not in ("https", "http"):
        raise Forbidden("The URL wants https.")
    if not host or port == 0:
        raise Forbidden("The URL names no host, or no port that there is.")
    if split.username is not None or split.password is not None:
        raise Forbidden("The URL holds a user's name; what is sent is signed instead.")
    if split.fragment:
        raise Forbidden("The URL has a fragment, which is never sent.")
    return split.scheme, host, port or (443 if split.scheme == "https" else 80)


def _system_addresses(host: str, port: int) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _seconds(text: str) -> float:
    """Retry-After in seconds; its form as a date is passed over."""
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdecimal() and len(text) < 10 else 0.0
