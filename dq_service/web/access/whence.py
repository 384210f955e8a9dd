"""Where a request comes from: this machine or not, and which session it carries."""

import ipaddress
from functools import lru_cache
from typing import Any, Final

from starlette.types import Scope

COOKIES: Final = (b"__Host-dq_session", b"dq_session")  # over https, and without


def session_of(scope: Scope) -> str:
    """The token in the request's cookie; "" without one. The one that no other host can have set comes first."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name == b"cookie":
            for piece in value.split(b";"):
                key, _, token = piece.strip().partition(b"=")
                found.setdefault(key, token)
    return next((bytes(found[key]).decode("latin-1") for key in COOKIES if key in found), "")


def here(scope: Scope) -> bool:
    """Whether a request comes from this machine, and asks for it by its own name (no other's that leads to it)."""
    client: Any = scope.get("client")
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return client is not None and loopback(client[0]) and _own_name(host)


@lru_cache(1024)
def loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if found.version == 6 else None
    return (mapped or found).is_loopback


@lru_cache(1024)
def _own_name(host: bytes) -> bool:
    text = host.decode("latin-1").lower()
    name = text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0]
    return name == "localhost" or name.endswith(".localhost") or loopback(name)
