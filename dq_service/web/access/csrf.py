"""Whether a browser asks by itself or has another site's page ask for it (CSRF), by what the browser says of it."""

from typing import Final
from urllib.parse import urlsplit

from starlette.types import Scope

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN: Final = (b"same-origin", b"none")


def own(scope: Scope, public_url: str = "", *, told: bool = True) -> bool:
    """Whether the request comes from a page of ours, or from the person's own hand.

    By Sec-Fetch-Site, which no page can set; where a browser does not send it, by Origin, which must be the host asked
    or `public_url`. Without either: not, where the request carries a cookie (`told`), since then a browser sends it.
    """
    site = origin = host = None
    for name, value in scope["headers"]:
        if name == b"sec-fetch-site":
            site = value
        elif name == b"origin":
            origin = value
        elif name == b"host":
            host = value
    if site is not None:
        return site in _OWN
    if origin is None:
        return not told
    given = urlsplit(origin.decode("latin-1"))
    if public_url and f"{given.scheme}://{given.netloc}" == public_url:
        return True
    return (
        host is not None
        and given.scheme in ("http", "https")
        and given.netloc.lower() == host.decode("latin-1").lower()
    )
