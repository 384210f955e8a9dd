"""Webhooks: who is told of events, how far each event has come, and once more what was given up."""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import Response

from dq_service.order import JSON
from dq_service.service import webhooks as served
from dq_service.service.access import Caller
from dq_service.service.cursors import Of
from dq_service.service.outgoing import LONGEST_URL, Forbidden
from dq_service.service.running import Service
from dq_service.store import webhooks as stored
from dq_service.store.database import Database
from dq_service.store.kept import EventType
from dq_service.store.webhooks import Include, State
from dq_service.web.api.answers import as_json, in_thread
from dq_service.web.api.asking import caller_of, partner_for
from dq_service.web.api.problem import Refusal
from dq_service.web.api.schema import Instant, problem

T = TypeVar("T")

MOST: Final = 100  # webhooks of one service
MOST_OWN: Final = 10  # of one partner, made by its own callers
LONGEST_PAGE: Final = 500


class NewWebhook(BaseModel):
    """An address that is to be told. Without `types` of all, without `partner` of everybody's orders."""

    model_config = ConfigDict(extra="forbid")
    url: str = Field(max_length=LONGEST_URL, description="https; on the public internet unless the operator allows it")
    partner: str = Field(default="", max_length=200)
    types: list[EventType] = Field(default_factory=list, max_length=50)
    include: list[Include] = Field(default_factory=list, max_length=10, description="`order`: the order in each event")
    after: int | str | None = Field(default=None, description="a cursor of the feed; without it, from now on")


class Changes(BaseModel):
    """What becomes another of an address; what is left out stays. `types` of [] are all."""

    model_config = ConfigDict(extra="forbid")
    url: str | None = Field(default=None, max_length=LONGEST_URL)
    types: list[EventType] | None = Field(default=None, max_length=50)
    include: list[Include] | None = Field(default=None, max_length=10)
    enabled: bool | None = Field(
        default=None, description="false: nothing is sent meanwhile; true: it goes on where it stopped"
    )


class Webhook(BaseModel):
    """An address that is told."""

    id: str
    url: str
    partner: str
    types: list[str]
    include: list[str]
    created_at: Instant
    disabled_at: Instant | None
    disabled_why: str


class MadeWebhook(Webhook):
    """The same with its secret, which is told this once."""

    secret: str


class Webhooks(BaseModel):
    """All of them, oldest first."""

    webhooks: list[Webhook]


class Delivery(BaseModel):
    """How far an event has come; `last_error` is a word for why there was no answer."""

    event: str
    type: str
    order_id: str
    state: State
    attempts: int
    next_at: Instant | None
    last_status: int | None
    last_error: str
    last_at: Instant | None


class Deliveries(BaseModel):
    """A page, newest first."""

    deliveries: list[Delivery]
    next: int | str | None = Field(description="`after` of the next page; null at the end")


class Replay(BaseModel):
    """What is sent once more: everything that was given up, or one event."""

    model_config = ConfigDict(extra="forbid")
    dead: bool = False
    event: str = Field(default="", max_length=200)


class Replayed(BaseModel):
    """How many events are sent once more."""

    replayed: int


_MISSING: Final[dict[int | str, dict[str, Any]]] = {404: problem("There is no such webhook.")}
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    409: problem("There are as many webhooks as there may be."),
    422: problem("Nothing is sent to this URL, or the body has another form."),
}


def webhooks(service: Callable[[], Service]) -> APIRouter:
    """The calls, for a service; `service()` raises Refusal 503 while there is none."""
    router = APIRouter(prefix="/v1/webhooks", tags=["events"])

    @router.post("", operation_id="add_webhook", summary="Has an address told", status_code=201, responses=_REFUSED)
    async def add(wanted: NewWebhook, response: Response, request: Request) -> MadeWebhook:
        running, caller = service(), caller_of(request.scope)
        partner, most = partner_for(caller, wanted.partner), MOST if caller.partner is None else MOST_OWN
        after = None if wanted.after is None else _place(running, str(wanted.after), "events", caller)
        try:
            await running.outgoing.examine(wanted.url)
        except Forbidden as forbidden:
            raise _forbidden(forbidden) from None

        def made(database: Database) -> stored.Webhook:
            with database.reading() as connection:
                if len(_seen(connection, caller)) >= most:
                    raise Refusal(409, f"There are {most} webhooks, as many as there may be.", limit=most)
            given = {**wanted.model_dump(), "partner": partner, "after": after}
            return served.register(database, trial=caller.test, by=caller.name, now=running.clock(), **given)

        webhook = await in_thread(made, running.database)
        response.headers["Location"] = f"/v1/webhooks/{webhook.id}"
        return MadeWebhook(**_told(webhook), secret=webhook.secret)

    @router.get("", operation_id="list_webhooks", summary="Who is told")
    async def listed(request: Request) -> Webhooks:
        caller = caller_of(request.scope)

        def every(database: Database) -> list[stored.Webhook]:
            with database.reading() as connection:
                return _seen(connection, caller)

        found = await in_thread(every, service().database)
        return Webhooks(webhooks=[Webhook(**_told(one)) for one in found])

    @router.get("/{id}", operation_id="get_webhook", summary="One who is told", responses=_MISSING)
    async def one(id: str, request: Request) -> Webhook:
        return Webhook(**_told(await in_thread(_found, service().database, id, caller_of(request.scope))))

    @router.patch(
        "/{id}",
        operation_id="change_webhook",
        summary="Changes one, ends it for a while, or takes it up again",
        responses={**_MISSING, 422: _REFUSED[422]},
    )
    async def change(id: str, changes: Changes, request: Request) -> Webhook:
        running, caller = service(), caller_of(request.scope)
        await in_thread(_found, running.database, id, caller)  # before the URL is looked at, which takes its time
        given = changes.model_dump(exclude_none=True)
        if not given:
            raise Refusal(422, "The body wants one of url, types, include and enabled.")
        if changes.url is not None:
            try:
                await running.outgoing.examine(changes.url)
            except Forbidden as forbidden:
                raise _forbidden(forbidden) from None
        try:
            changed = await in_thread(
                served.change, running.database, id, sees=caller.sees, by=caller.name, now=running.clock(), **given
            )
        except served.Unknown:
            raise _unknown() from None
        return Webhook(**_told(changed))

    @router.delete("/{id}", operation_id="remove_webhook", summary="Tells no more", status_code=204, responses=_MISSING)
    async def remove(id: str, request: Request) -> None:
        running, caller = service(), caller_of(request.scope)
        try:
            await in_thread(served.remove, running.database, id, sees=caller.sees, by=caller.name, now=running.clock())
        except served.Unknown:
            raise _unknown() from None

    @router.get(
        "/{id}/deliveries",
        operation_id="list_deliveries",
        summary="How far each event has come",
        responses={**_MISSING, 200: {"model": Deliveries}},
    )
    async def deliveries(
        id: str,
        request: Request,
        state: State | None = None,
        after: Annotated[str, Query(max_length=100, description="`next` of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 100,
    ) -> Response:
        running, caller = service(), caller_of(request.scope)
        before = _place(running, after, "deliveries", caller) if after else None

        def read(database: Database) -> list[stored.Delivery]:
            _found(database, id, caller)
            with database.reading() as connection:
                return stored.page(connection, id, state=state, before=before, limit=limit)

        found = await in_thread(read, running.database)
        told = [Delivery.model_validate(one, from_attributes=True).model_dump(mode="json") for one in found]
        end = running.cursors.told(found[-1].seq, "deliveries", caller) if len(found) == limit else None
        return as_json({"deliveries": told, "next": end})

    @router.post(
        "/{id}/replay",
        operation_id="replay",
        summary="Sends once more what was given up, or one event",
        status_code=202,
        responses={404: problem("There is no such webhook in use, or no such event for it.")},
    )
    async def replay(id: str, wanted: Replay, request: Request) -> Replayed:
        if bool(wanted.event) is wanted.dead:
            raise Refusal(422, 'The body wants either {"dead": true} or {"event": id}.')
        running, caller = service(), caller_of(request.scope)
        try:
            count = await in_thread(
                served.replay, running.database, id, wanted.event or None, running.clock(), sees=caller.sees
            )
        except served.Unknown:
            raise Refusal(404, "There is no such webhook in use, or no such event for it.", reason="unknown") from None
        running.bell.ring()
        return Replayed(replayed=count)

    return router


def _found(database: Database, webhook_id: str, caller: Caller) -> stored.Webhook:
    with database.reading() as connection:
        found = stored.find(connection, webhook_id)
    if found is None or not caller.sees(found.partner, found.trial):
        raise _unknown()
    return found


def _seen(connection: Connection, caller: Caller) -> list[stored.Webhook]:
    """Those that are there for a caller."""
    return [one for one in stored.every(connection, caller.partner or "") if caller.sees(one.partner, one.trial)]


def _place(running: Service, told: str, of: Of, caller: Caller) -> int:
    try:
        return running.cursors.place(told, of, caller)
    except ValueError:
        raise Refusal(422, "`after` wants a cursor, as it was told.", parameter="after") from None


def _forbidden(forbidden: Forbidden) -> Refusal:
    return Refusal(422, str(forbidden), parameter="url")


def _unknown() -> Refusal:
    return Refusal(404, "There is no such webhook.", reason="unknown")


def _told(webhook: stored.Webhook) -> JSON:
    return {name: getattr(webhook, name) for name in Webhook.model_fields}
