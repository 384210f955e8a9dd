"""A client's parts, made of what its caller says."""

from hashlib import blake2b
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from dq_service import __version__
from dq_service.client.asking import Asking
from dq_service.client.keeping import Keeping, OnUnavailable
from dq_service.client.spool import Spool


def address(url: str) -> str:
    """The service's URL without a slash at its end. Raises ValueError for what is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("a URL as https://dq.example.com is wanted, without user, query and fragment")
    return url.rstrip("/")


def keeping(
    url: str,
    key: str,
    partner: str,
    timeout: float,
    on_unavailable: OnUnavailable,
    spool: Path | str | None,
    spool_limit: int,
) -> Keeping:
    """What keeps orders. Raises ValueError for wrong use, OSError where the spool's folder cannot be written."""
    if on_unavailable not in get_args(OnUnavailable):
        raise ValueError(f"on_unavailable is one of {', '.join(get_args(OnUnavailable))}")
    if not 0 < timeout < float("inf"):
        raise ValueError("timeout is a number of seconds above 0")
    headers = {"User-Agent": f"dq-service-client/{__version__}", "Accept": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    kept = Spool(Path(spool or spool_folder(url, partner)), spool_limit) if on_unavailable == "spool" else None
    return Keeping(Asking(timeout, headers), partner, on_unavailable, kept)


def spool_folder(url: str, partner: str) -> Path:
    """Where orders wait if the caller names no folder: one for each service and partner, whatever the key."""
    from platformdirs import user_state_path

    name = blake2b(f"{address(url)}\x1f{partner}".encode(), digest_size=8).hexdigest()
    return user_state_path("dq-service", appauthor=False) / "spool" / name
