"""For callers: orders checked and kept by a service, from programs that wait, from asyncio, or in this process.

`answer = client.keep(order)`, then do what `answer.action` says with `answer.order`. Importing this loads neither HTTP
nor an engine: the first client that is made loads HTTP, and AsyncClient, asked for by its name, loads asyncio.
"""

from typing import TYPE_CHECKING, Any

from dq_service.client.answer import Answer, Event, Flushed, Listed, Receipt, Webhook
from dq_service.client.errors import (
    ClientError,
    Forbidden,
    KeyReused,
    NotFound,
    NotKept,
    Outdated,
    Refused,
    Unavailable,
)
from dq_service.client.local import LocalClient
from dq_service.client.spool import SetAside, Spool
from dq_service.client.sync import Client

if TYPE_CHECKING:
    from dq_service.client.asynchronous import AsyncClient

__all__ = [
    "Answer",
    "AsyncClient",
    "Client",
    "ClientError",
    "Event",
    "Flushed",
    "Forbidden",
    "KeyReused",
    "Listed",
    "LocalClient",
    "NotFound",
    "NotKept",
    "Outdated",
    "Receipt",
    "Refused",
    "SetAside",
    "Spool",
    "Unavailable",
    "Webhook",
]


def __getattr__(name: str) -> Any:
    """AsyncClient when it is first asked for: asyncio takes as long to load as all the rest."""
    if name == "AsyncClient":
        from dq_service.client.asynchronous import AsyncClient

        return AsyncClient
    raise AttributeError(f"no {name} in {__name__}")
