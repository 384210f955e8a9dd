"""What several calls do alike: ask the database in a thread, and answer with JSON."""

import asyncio
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from starlette.responses import Response

from dq_service.intake.json_text import write
from dq_service.order import JSON
from dq_service.store.trouble import Unavailable
from dq_service.web.api.asking import unavailable

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function that asks the database comes to, off the event loop. Raises Refusal 503."""
    try:
        return await asyncio.to_thread(ask, *args, **kwargs)
    except Unavailable as trouble:
        raise unavailable(trouble) from None


def as_json(content: JSON, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON, as results are written."""
    return Response(write(content), headers=headers, media_type="application/json")
