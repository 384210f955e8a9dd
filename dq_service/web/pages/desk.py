"""What the rooms of reviewers ask: the service, the rules in force, who sits there, and what their forms say."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, ParamSpec, Protocol, TypeVar
from urllib.parse import parse_qsl

from sqlalchemy import Connection
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dq_service.engine.engine import Engine
from dq_service.service.access import Caller
from dq_service.service.running import Service
from dq_service.store.kept import Kept
from dq_service.store.trouble import Unavailable
from dq_service.web.pages.page import caller_in, room

P = ParamSpec("P")
T = TypeVar("T")

LARGEST: Final = 2**20  # bytes of a form: an order's fields
FIELDS: Final = 2000  # fields of a form

# What keys do: the action, its key, and what the page says of it.
KEYS: Final = (
    ("down", "j", "Next"),
    ("up", "k", "Before"),
    ("open", "Enter", "Open the item; in an order: apply"),
    ("accept", "a", "Accept all likely candidates"),
    ("edit", "e", "Edit the field"),
    ("ask", "q", "Ask"),
    ("skip", "s", "Skip, with a reason"),
    ("refuse", "x", "Refuse, with a reason"),
    ("release", "r", "Release as it is"),
    ("undo", "u", "Undo"),
    ("search", "/", "Search"),
    ("help", "?", "These keys"),
)


class Rules(Protocol):
    """What orders are checked with now."""

    @property
    def engine(self) -> Engine:
        """What checks orders."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the rooms ask; both raise what the door answers while nothing is opened."""

    service: Callable[[], Service]
    in_force: Callable[[], Rules]

    async def in_thread(self, ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a function that asks the database comes to, off the event loop."""
        return await asyncio.to_thread(ask, *args, **kwargs)


async def reading(service: Service, read: Callable[[Connection], T]) -> T:
    """What the database says, asked in a thread. Raises Unavailable."""

    def ask() -> T:
        with service.database.reading() as connection:
            return read(connection)

    return await asyncio.to_thread(ask)


def sees(caller: Caller, kept: Kept | None) -> bool:
    """Whether the order is there for them."""
    return kept is not None and caller.sees(kept.identity.partner, kept.identity.trial)


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a form; none of one that is too large or no form."""
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST:
                return {}
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS, errors="replace"))
    except (ValueError, ClientDisconnect):
        return {}


def missing(request: Request) -> Response:
    """There is no such order, or not for them."""
    told = "There is no such order. It may have been erased, or it is another partner's."
    return room(caller_in(request), "", "trouble.html", 404, title="No such order", told=told)


def away(request: Request, trouble: Unavailable) -> Response:
    """The database cannot be asked now."""
    told = "The database cannot be asked now. Nothing was changed; what you typed is still in the page before this one."
    answer = room(caller_in(request), "", "trouble.html", 503, title="Not now", told=told)
    answer.headers["Retry-After"] = str(max(1, trouble.retry_after))
    return answer
