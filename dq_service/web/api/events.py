"""`GET /v1/events`: what happened, from a cursor on; as a page, or as a stream that goes on."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from dq_service.service import feeds
from dq_service.service.running import Service
from dq_service.store.kept import EventType
from dq_service.web.api.answers import as_json, in_thread
from dq_service.web.api.problem import Refusal
from dq_service.web.api.schema import problem

LONGEST_PAGE: Final = 500
FOLLOWERS: Final = 100  # streams at a time in one worker
STREAM: Final = "text/event-stream"
_CURSOR: Final = r"^(\d{1,18}|latest)$"


class CloudEvent(BaseModel):
    """Something that happened to an order, as CloudEvents 1.0 has it; `sequence` counts within the order."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: EventType
    subject: str = Field(description="the order's id")
    time: datetime
    datacontenttype: str
    partner: str
    sequence: int
    timestamp: datetime
    data: dict[str, Any]


class Events(BaseModel):
    """A page of the feed. There may be no event in it and still more to come."""

    events: list[CloudEvent]
    next: int = Field(description="`after` of the next call; it never goes back")
    more: bool = Field(description="whether to call again at once")


_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": Events, "content": {STREAM: {"schema": {"type": "string"}}}},
    400: problem("Last-Event-ID is no cursor of this feed."),
    503: problem("Events cannot be read now, or too many streams are open."),
}


def events(service: Callable[[], Service]) -> APIRouter:
    """The call, for a service; `service()` raises Refusal 503 while there is none."""
    router = APIRouter(prefix="/v1", tags=["events"])
    following = 0

    @router.get("/events", operation_id="list_events", summary="What happened, from a cursor on", responses=_ANSWERS)
    async def listed(
        after: Annotated[
            str, Query(pattern=_CURSOR, description="`next` of the call before; 0 begins at the beginning, or `latest`")
        ] = "0",
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 100,
        partner: Annotated[str, Query(max_length=200)] = "",
        accept: Annotated[str, Header(description="text/event-stream for a stream that goes on")] = "",
        last_event_id: Annotated[str, Header(description="where a stream goes on; wins over `after`")] = "",
    ) -> Response:
        running = service()
        if STREAM not in accept:
            return as_json(
                await in_thread(lambda: feeds.page(running.database, _cursor(running, after), limit, partner))
            )
        if following >= FOLLOWERS:
            raise Refusal(503, "Too many streams of events are open.", {"Retry-After": "10"})
        begin = _went_on(last_event_id) if last_event_id else await in_thread(lambda: _cursor(running, after))
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream(running, begin, partner), headers=headers, media_type=STREAM)

    async def stream(running: Service, begin: int, partner: str) -> AsyncIterator[bytes]:
        nonlocal following
        following += 1
        try:
            async for piece in feeds.follow(running.database, running.bell, begin, partner):
                yield piece
        finally:
            following -= 1

    return router


def _cursor(running: Service, after: str) -> int:
    return feeds.end(running.database) if after == "latest" else int(after)


def _went_on(last: str) -> int:
    if not (last.isascii() and last.isdecimal() and len(last) <= 18):
        raise Refusal(400, "Last-Event-ID wants the id of an event of this stream.", header="Last-Event-ID")
    return int(last)
