"""`GET /v1/events`: what happened, from a cursor on; as a page, or as a stream that goes on."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from dq_service.order import JSON
from dq_service.service import feeds
from dq_service.service.access import Caller
from dq_service.service.running import Service
from dq_service.store.kept import EventType
from dq_service.web.api.answers import as_json, in_thread
from dq_service.web.api.asking import caller_of, partner_for
from dq_service.web.api.problem import Refusal
from dq_service.web.api.schema import problem

LONGEST_PAGE: Final = 500
FOLLOWERS: Final = 100  # streams at a time in one worker
STREAM: Final = "text/event-stream"
_CURSOR: Final = r"^(\d{1,18}|latest|[\w-]{48})$"


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
    next: int | str = Field(description="`after` of the next call; a partner's own callers are told no number")
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
        request: Request,
        after: Annotated[
            str, Query(pattern=_CURSOR, description="`next` of the call before; 0 begins at the beginning, or `latest`")
        ] = "0",
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 100,
        partner: Annotated[str, Query(max_length=200)] = "",
        accept: Annotated[str, Header(description="text/event-stream for a stream that goes on")] = "",
        last_event_id: Annotated[str, Header(description="where a stream goes on; wins over `after`")] = "",
    ) -> Response:
        running, caller = service(), caller_of(request.scope)
        partner = partner_for(caller, partner)
        place = None if after == "latest" else _place(running, caller, after, "parameter", "after")

        def told(place: int) -> int | str:
            return running.cursors.told(place, "events", caller)

        def page() -> JSON:
            begin = feeds.end(running.database) if place is None else place
            alone = caller.partner is not None
            return feeds.page(running.database, begin, limit, partner, trial=caller.test, alone=alone, told=told)

        if STREAM not in accept:
            return as_json(await in_thread(page))
        if following >= FOLLOWERS:
            raise Refusal(503, "Too many streams of events are open.", {"Retry-After": "10"})
        if last_event_id:
            place = _place(running, caller, last_event_id, "header", "Last-Event-ID")
        begin = await in_thread(feeds.end, running.database) if place is None else place
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream(running, begin, partner, caller.test, told), headers=headers, media_type=STREAM)

    async def stream(
        running: Service, begin: int, partner: str, trial: bool, told: Callable[[int], object]
    ) -> AsyncIterator[bytes]:
        nonlocal following
        following += 1
        try:
            async for piece in feeds.follow(running.database, running.bell, begin, partner, trial=trial, told=told):
                yield piece
        finally:
            following -= 1

    return router


def _place(running: Service, caller: Caller, told: str, kind: str, name: str) -> int:
    """The place of a cursor. Raises Refusal 400 for one that this caller was not told."""
    try:
        return running.cursors.place(told, "events", caller)
    except ValueError:
        raise Refusal(400, f"{name} wants a cursor of this feed, as it was told.", None, **{kind: name}) from None
